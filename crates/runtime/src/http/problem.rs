//! `application/problem+json` (RFC 9457): the one form of every "no" on the API.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Class, Refusal};

use crate::error::FaultKind;
use crate::{Error, Fault};

/// What a program is told when its wish is not granted.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A stable name of the problem as a URI.
    #[serde(rename = "type")]
    #[schema(example = "urn:retainer:problem:ticket.not_found")]
    pub kind: String,
    /// The stable code, `domain.reason`.
    #[schema(example = "ticket.not_found")]
    pub code: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What happened and what to do, for a person.
    pub detail: String,
    /// Which part of the input is at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemError>,
    /// Figures, such as what is left.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// One part of the input that is at fault.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ProblemError {
    /// Where, as a JSON pointer (RFC 6901).
    #[schema(example = "/hours")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem of the edge itself.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:retainer:problem:{code}"),
            code: code.to_owned(),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            facts: serde_json::Map::new(),
        }
    }

    /// With the part of the input that is at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(ProblemError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    fn of_refusal(refusal: &dyn Refusal) -> Self {
        let mut problem = Self::new(status(refusal.class()), refusal.code(), refusal.sentence());
        if let Some(pointer) = refusal.pointer() {
            problem = problem.at(pointer, refusal.sentence());
        }
        problem.facts = refusal.facts();
        problem
    }

    fn of_fault(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "server.unavailable",
                "The service is busy or restarting. Nothing was changed unless you already got an answer; try again \
                 in a moment with the same Idempotency-Key.",
            ),
            FaultKind::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server.fault",
                "Something went wrong on our side. Nothing was changed. The request id in the X-Request-Id header \
                 helps whoever looks into it.",
            ),
        }
    }
}

/// The status that stands for a class of refusal.
pub const fn status(class: Class) -> StatusCode {
    match class {
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Conflict | Class::Exhausted => StatusCode::CONFLICT,
        Class::Stale => StatusCode::PRECONDITION_FAILED,
        Class::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Why a handler stops early: a problem, or an answer that was given before.
#[derive(Debug)]
pub enum Halt {
    /// A refusal or a fault.
    Error(Error),
    /// A problem of the edge.
    Problem(Box<Problem>),
    /// An answer that is already there, such as a replayed one.
    Answered(Box<Response>),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl Halt {
    /// The problem that a program would be told; the fault, for the log, apart.
    pub fn into_problem(self) -> Result<(Problem, Option<Fault>), Box<Response>> {
        match self {
            Self::Error(Error::Refused(refusal)) => Ok((Problem::of_refusal(refusal.as_ref()), None)),
            Self::Error(Error::Fault(fault)) => Ok((Problem::of_fault(fault.kind), Some(fault))),
            Self::Problem(problem) => Ok((*problem, None)),
            Self::Answered(response) => Err(response),
        }
    }
}

/// The fault behind an answer, carried to the edge, which logs it once with the request's id.
#[derive(Debug, Clone)]
pub struct Carried(pub Arc<Fault>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.say_when(headers);
        // Among pages it becomes one.
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// Says in headers when to try again, where that is known. Pages say it too.
    pub fn say_when(&self, headers: &mut HeaderMap) {
        if self.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        let wait = self.facts.get("retry_after_seconds").and_then(|wait| wait.as_str());
        if let Some(wait) = wait.and_then(|wait| HeaderValue::from_str(wait).ok()) {
            headers.insert(header::RETRY_AFTER, wait);
        }
        // A refusal by a limit says which, in the form of the headers' draft: `"door";q=10;w=600`.
        if let (Some(limit), Some(wait)) = (self.facts.get("limit").and_then(|limit| limit.as_str()), wait) {
            let left = format!("{};r=0;t={wait}", limit.split(';').next().unwrap_or_default());
            for (name, value) in [("ratelimit-policy", limit), ("ratelimit", left.as_str())] {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            }
        }
    }
}

impl IntoResponse for Halt {
    fn into_response(self) -> Response {
        match self.into_problem() {
            Ok((problem, fault)) => {
                let mut response = problem.into_response();
                if let Some(fault) = fault {
                    response.extensions_mut().insert(Carried(Arc::new(fault)));
                }
                response
            }
            Err(response) => *response,
        }
    }
}
