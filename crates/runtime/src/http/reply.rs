//! Answers of the API.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::Error;

/// A JSON answer, already written to bytes so that it can be kept beside its Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// JSON.
    pub body: Vec<u8>,
    /// Where the new thing is.
    pub location: Option<String>,
    /// The version of what is shown, for `If-Match`.
    pub etag: Option<String>,
}

impl Reply {
    /// 200 with a value.
    ///
    /// # Errors
    /// A fault when the value cannot be written as JSON.
    pub fn ok<T: serde::Serialize>(value: &T) -> Result<Self, Error> {
        Ok(Self { status: StatusCode::OK, body: serde_json::to_vec(value)?, location: None, etag: None })
    }

    /// 201 with the new thing and where it is.
    ///
    /// # Errors
    /// A fault when the value cannot be written as JSON.
    pub fn created<T: serde::Serialize>(location: String, value: &T) -> Result<Self, Error> {
        Ok(Self { status: StatusCode::CREATED, location: Some(location), ..Self::ok(value)? })
    }

    /// 204.
    pub const fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Vec::new(), location: None, etag: None }
    }

    /// With the version for `If-Match`.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.etag = Some(format!("\"{version}\""));
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::NO_CONTENT {
            headers.remove(header::CONTENT_TYPE);
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut set = |name, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        };
        set(header::LOCATION, self.location);
        set(header::ETAG, self.etag);
        response
    }
}
