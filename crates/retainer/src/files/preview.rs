//! Small pictures of pictures, for pages: a photograph of a phone weighs more than all else of a page together.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::{HeaderValue, StatusCode, header};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};
use kernel::id::OrganizationId;
use runtime::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

use super::FileRefused;
use crate::App;

/// How wide and how high a preview is at most, in pixels: twice what a page gives it, for fine screens.
const WIDEST: u32 = 240;
const HIGHEST: u32 = 180;
/// How good a JPEG it is, of 100.
const QUALITY: u8 = 70;
/// The widest and the highest picture that is looked at, and the most bytes that it may have when it is unpacked: a
/// photograph of 26 million pixels.
const MOST_PIXELS: u32 = 12_000;
const MOST_MEMORY: u64 = 80 * 1_000_000;
/// How long somebody waits for the preview before theirs, and for the file.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes of previews a server remembers.
const REMEMBERED: u64 = 16 * 1_000_000;

/// The previews that this server made lately. One is made at a time, so that large pictures take neither the memory nor the
/// processors from everything else.
#[derive(Debug, Clone)]
pub struct Previews {
    made: moka::sync::Cache<(OrganizationId, Uuid), Option<Bytes>>,
    one: Arc<Semaphore>,
}

impl Default for Previews {
    fn default() -> Self {
        let weighs = |_: &(OrganizationId, Uuid), made: &Option<Bytes>| {
            made.as_ref().map_or(100, |bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
        };
        let made = moka::sync::Cache::builder()
            .weigher(weighs)
            .max_capacity(REMEMBERED)
            .time_to_idle(Duration::from_mins(10))
            .build();
        Self { made, one: Arc::new(Semaphore::new(1)) }
    }
}

/// How previews are made: whoever has one that was made in another way gets a new one.
const MADE: u8 = 1;

/// Gives a small JPEG of a picture out, turned as its camera was held, transparent parts white; nothing where `known`, the
/// mark of the one that the browser has, is still its own. Whoever calls has made sure that they may see it, every time: on a
/// shared computer somebody else may ask next.
///
/// # Errors
/// [`FileRefused::Lost`], [`FileRefused::NoPicture`], or a fault.
pub async fn preview(
    app: &App,
    organization: OrganizationId,
    (file, name): (Uuid, &str),
    known: Option<&HeaderValue>,
) -> Result<Response, Error> {
    // What a file holds never changes.
    let mark = format!("\"{file}-{MADE}\"");
    let headers = [(header::CACHE_CONTROL, "private, no-cache".to_owned()), (header::ETAG, mark.clone())];
    if known.and_then(|known| known.to_str().ok()).is_some_and(|known| known.split(',').any(|one| one.trim() == mark)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let made = match app.previews.made.get(&(organization, file)) {
        Some(made) => made,
        None => make(app, organization, file, name).await?,
    };
    let bytes = made.ok_or_else(|| FileRefused::NoPicture { name: name.to_owned() })?;
    Ok((headers, [(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}

/// Makes a preview and remembers it, also that there is none. It goes on when whoever asked hangs up: what works on a picture
/// cannot be stopped, and until it is done nobody else may begin.
async fn make(app: &App, organization: OrganizationId, file: Uuid, name: &str) -> Result<Option<Bytes>, Error> {
    let (app, name) = (app.clone(), name.to_owned());
    let making = tokio::spawn(async move { made_in_turn(&app, organization, file, &name).await });
    making.await.map_err(|error| Error::internal(format!("a preview: {error}")))?
}

async fn made_in_turn(app: &App, organization: OrganizationId, file: Uuid, name: &str) -> Result<Option<Bytes>, Error> {
    let Previews { made, one } = &app.previews;
    let turn = timeout(PATIENCE, one.acquire()).await.map_err(Error::unavailable)?;
    let _one = turn.map_err(|_| Error::internal("previews are made no more"))?;
    // Whoever was before may have asked for the same one.
    if let Some(known) = made.get(&(organization, file)) {
        return Ok(known);
    }
    let whole = timeout(PATIENCE, whole(app, organization, file, name)).await.map_err(Error::unavailable)??;
    let fresh = tokio::task::spawn_blocking(move || small(&whole, MOST_MEMORY)).await;
    let fresh = fresh.map_err(|error| Error::internal(format!("a preview: {error}")))?;
    made.insert((organization, file), fresh.clone());
    Ok(fresh)
}

/// The file itself; that it fits into memory follows from what an installation takes.
async fn whole(app: &App, organization: OrganizationId, file: Uuid, name: &str) -> Result<Bytes, Error> {
    let found = app.files.download(organization, file).await?;
    let found = found.ok_or_else(|| FileRefused::Lost { name: name.to_owned() })?;
    let mut whole = BytesMut::new();
    let mut bytes = found.bytes;
    while let Some(piece) = bytes.try_next().await.map_err(Error::unavailable)? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// Nothing where the bytes are no picture, or one that is too large to be looked at: unpacked it may have so many bytes.
fn small(bytes: &[u8], most: u64) -> Option<Bytes> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(most);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    // The limits count what a decoder needs beside the picture, and not the picture.
    if decoder.total_bytes() > most {
        return None;
    }
    let turned = decoder.orientation().ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    if picture.width() > WIDEST || picture.height() > HIGHEST {
        picture = picture.thumbnail(WIDEST, HIGHEST);
    }
    picture.apply_orientation(turned);
    let mut written = Vec::new();
    JpegEncoder::new_with_quality(&mut written, QUALITY).encode_image(&on_white(&picture)).ok()?;
    Some(written.into())
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, seen] = picture.get_pixel(x, y).0.map(u32::from);
        let mixed = [red, green, blue].map(|shade| (shade * seen + 255 * (255 - seen)) / 255);
        Rgb(mixed.map(|shade| u8::try_from(shade).unwrap_or(u8::MAX)))
    })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    #[test]
    fn a_preview_is_small_keeps_its_shape_and_has_white_where_one_sees_through() {
        let wide = DynamicImage::ImageRgba8(RgbaImage::from_pixel(2400, 600, Rgba([200, 0, 0, 0])));
        let mut png = Cursor::new(Vec::new());
        wide.write_to(&mut png, ImageFormat::Png).expect("written");
        let made = image::load_from_memory(&small(png.get_ref(), MOST_MEMORY).expect("a picture")).expect("a JPEG");
        assert_eq!((made.width(), made.height()), (240, 60));
        assert!(made.to_rgb8().pixels().all(|pixel| pixel.0.iter().all(|shade| *shade > 250)));
    }

    #[test]
    fn what_is_no_picture_or_far_too_large_has_none() {
        assert!(small(b"\x89PNG\r\n\x1a\n and nothing more", MOST_MEMORY).is_none());
        // A head that promises 60,000 × 60,000 pixels, as those who want memory to run out write it.
        let mut head = b"GIF89a".to_vec();
        head.extend_from_slice(&[0x60, 0xea, 0x60, 0xea, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
        assert!(small(&head, MOST_MEMORY).is_none());
    }

    #[test]
    fn what_weighs_little_and_unpacks_to_more_than_it_may_has_none() {
        let mut png = Cursor::new(Vec::new());
        RgbaImage::new(600, 400).write_to(&mut png, ImageFormat::Png).expect("written");
        let unpacked = 600 * 400 * 4;
        assert!(small(png.get_ref(), unpacked).is_some());
        assert!(small(png.get_ref(), unpacked - 1).is_none());
    }
}
