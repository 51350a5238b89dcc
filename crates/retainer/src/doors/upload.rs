//! A form with files in it: the fields are read as those of any form, the files are received as they come.

use axum::extract::Request;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header};
use kernel::id::OrganizationId;
use multer::{Constraints, Field, Multipart, SizeLimit};
use runtime::Error;
use runtime::http::body::MOST_BYTES;
use runtime::http::{Halt, Problem};

use crate::App;
use crate::files::{FileName, Received, receive};
use crate::pages::Form;

/// The most files in one form.
const MOST_FILES: usize = 10;

/// Whether a request carries such a form.
pub fn has_files(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("multipart/form-data")
}

/// What parts such a form, if the request carries one.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(content_type(headers)).ok()
}

/// The fields of such a form that are no files, as far as it goes, and whether there were files with it.
pub(super) async fn texts(body: Bytes, boundary: String) -> (Vec<(String, String)>, bool) {
    let pieces = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut parts = Multipart::new(pieces, boundary);
    let (mut fields, mut has_files) = (Vec::new(), false);
    // What was cut off is read up to there.
    while let Ok(Some(part)) = parts.next_field().await {
        if let Some(file) = part.file_name() {
            has_files |= !file.is_empty();
            continue;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let Ok(text) = part.text().await else { break };
        fields.push((name, text));
    }
    (fields, has_files)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Reads such a form to its end. Who may send one is asked before: the files are kept at once. What is wrong with a file
/// is noted in the form, and the rest is still read, so that nothing that was typed is lost.
///
/// # Errors
/// 4xx for what is no such form, or a fault.
pub async fn read(app: &App, organization: OrganizationId, request: Request) -> Result<(Form, Vec<Received>), Halt> {
    let unreadable = |_| Problem::new(StatusCode::BAD_REQUEST, "request.bad_form", "The form could not be read.");
    let boundary = multer::parse_boundary(content_type(request.headers())).map_err(unreadable)?;
    let most = app.file_limits.file.saturating_mul(MOST_FILES as u64 + 1).saturating_add(MOST_BYTES as u64);
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(most));
    let pieces = request.into_body().into_data_stream();
    let mut parts = Multipart::with_constraints(pieces, boundary, limits);
    let (mut form, mut files, mut typed) = (Form::blank(), Vec::new(), 0);
    loop {
        let part = in_time(parts.next_field()).await?.map_err(broken)?;
        let Some(mut part) = part else { return Ok((form, files)) };
        let name = part.name().unwrap_or_default().to_owned();
        // Fields without a value take room as well.
        add(&mut typed, name.len() + FIELD)?;
        let Some(given) = part.file_name().map(str::to_owned) else {
            let value = text(&mut part, &mut typed).await?;
            form = form.with(&name, value);
            continue;
        };
        let first = in_time(part.chunk()).await?.map_err(broken)?.unwrap_or_default();
        // A field for files in which nothing was chosen sends one without a name and without bytes.
        if given.is_empty() && first.is_empty() {
            continue;
        }
        if files.len() == MOST_FILES {
            form.refuse("files", format!("No more than {MOST_FILES} files at a time."));
        }
        if form.error("files").is_none() {
            match one(app, organization, FileName::clean(&given), (first, &mut part)).await {
                Ok(file) => {
                    // So that the same words with another file are another wish.
                    form = form.with("file", hex::encode(&file.sha256));
                    files.push(file);
                }
                Err(Error::Refused(refusal)) => form.refuse("files", refusal.sentence()),
                Err(fault) => return Err(fault.into()),
            }
        }
        while in_time(part.chunk()).await?.map_err(broken)?.is_some() {}
    }
}

/// What a field takes beside its name and its value.
const FIELD: usize = 64;

async fn one(
    app: &App,
    organization: OrganizationId,
    name: FileName,
    (first, part): (Bytes, &mut Field<'_>),
) -> Result<Received, Error> {
    let rest =
        futures_util::stream::unfold(part, async |part| part.chunk().await.transpose().map(|piece| (piece, part)));
    let pieces = futures_util::stream::once(async { Ok(first) }).chain(rest);
    receive(app, organization, name, pieces).await
}

async fn text(part: &mut Field<'_>, typed: &mut usize) -> Result<String, Halt> {
    let mut text = Vec::new();
    while let Some(piece) = in_time(part.chunk()).await?.map_err(broken)? {
        add(typed, piece.len())?;
        text.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Counts what a form takes, up to [`MOST_BYTES`].
fn add(typed: &mut usize, more: usize) -> Result<(), Halt> {
    *typed += more;
    if *typed > MOST_BYTES {
        let detail = "That is more than fits into a form.";
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.bad_form", detail).into());
    }
    Ok(())
}

async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T, Problem> {
    runtime::http::body::in_time(Default::default(), reading).await
}

fn broken(error: multer::Error) -> Halt {
    let is_large = matches!(error, multer::Error::StreamSizeExceeded { .. });
    let (status, code) = if is_large {
        (StatusCode::PAYLOAD_TOO_LARGE, "request.too_large")
    } else {
        (StatusCode::BAD_REQUEST, "request.broken_off")
    };
    Problem::new(status, code, format!("The form could not be read to its end: {error}.")).into()
}
