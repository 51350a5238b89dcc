//! The files that pages load, embedded, under addresses that change with their contents.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use runtime::http::Segments;
use sha2::Digest;

struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
}

/// The style sheet, joined in the order of its layers.
const STYLE: &str = concat!(
    include_str!("../../assets/css/1-base.css"),
    include_str!("../../assets/css/2-shell.css"),
    include_str!("../../assets/css/3-forms.css"),
    include_str!("../../assets/css/4-lists.css"),
    include_str!("../../assets/css/5-marks.css"),
    include_str!("../../assets/css/6-charts.css"),
    include_str!("../../assets/css/7-phone.css"),
);

/// The script, one module: the first part is what the others build on.
const SCRIPT: &str = concat!(
    include_str!("../../assets/js/1-page.js"),
    include_str!("../../assets/js/2-drafts.js"),
    include_str!("../../assets/js/3-palette.js"),
    include_str!("../../assets/js/4-several.js"),
    include_str!("../../assets/js/5-writing.js"),
    include_str!("../../assets/js/6-submit.js"),
    include_str!("../../assets/js/7-mails.js"),
    include_str!("../../assets/js/8-hours.js"),
);

const ASSETS: &[Asset] = &[
    Asset { name: "retainer.css", media: "text/css; charset=utf-8", bytes: STYLE.as_bytes() },
    Asset { name: "retainer.js", media: "text/javascript; charset=utf-8", bytes: SCRIPT.as_bytes() },
    Asset { name: "icon.svg", media: "image/svg+xml", bytes: include_bytes!("../../assets/icon.svg") },
];

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut hash = sha2::Sha256::new();
    ASSETS.iter().for_each(|asset| hash.update(asset.bytes));
    hex::encode(hash.finalize())[..12].to_owned()
});

/// The address of an asset, good for ever because it names the contents.
pub fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

/// Serves an asset.
pub async fn get_asset(Segments((fingerprint, name)): Segments<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let current = fingerprint == *FINGERPRINT;
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, cache)], asset.bytes).into_response()
}
