//! Giving a file out, in a way that no browser takes it for a page of ours.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use kernel::id::OrganizationId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::Error;
use uuid::Uuid;

use super::{FileName, FileRefused, Media};
use crate::App;

/// What stands as it is in `filename*` (RFC 8187).
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Even opened by itself a file can run nothing, load nothing and has no origin.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Gives a file out, as it comes from where it lies. Pictures may be shown in a page; everything else is saved.
///
/// # Errors
/// [`FileRefused::Lost`], or a fault.
pub async fn serve(
    app: &App,
    organization: OrganizationId,
    file: Uuid,
    (name, media): (&FileName, Media),
) -> Result<Response, Error> {
    let found = app.files.download(organization, file).await?;
    let Some(found) = found else {
        tracing::error!(%organization, %file, "a file is not where its row says");
        return Err(FileRefused::Lost { name: name.as_str().to_owned() }.into());
    };
    let kind = if media.is_picture() { "inline" } else { "attachment" };
    let ascii: String = name
        .as_str()
        .chars()
        .map(|letter| if letter.is_ascii() && !matches!(letter, '"' | '\\' | '%') { letter } else { '_' })
        .collect();
    let named = utf8_percent_encode(name.as_str(), &PLAIN);
    let disposition = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{named}");
    let charset = if media == Media::TEXT { "; charset=utf-8" } else { "" };
    let built = Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, format!("{}{charset}", media.as_str()))
        .header(header::CONTENT_LENGTH, found.size)
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .header("cross-origin-resource-policy", HeaderValue::from_static("same-origin"))
        .body(Body::from_stream(found.bytes));
    built.map_err(|error| Error::internal(format!("a file's headers: {error}")))
}
