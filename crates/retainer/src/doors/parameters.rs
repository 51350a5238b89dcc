//! What stands in an address behind the question mark: a parameter that an operation does not have is refused, as a field
//! is that a body does not have, instead of being passed over. The document says which there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use runtime::http::Halt;
use runtime::http::body::unknown_parameter;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

/// The parameters of every operation, by its method and the path of its route.
pub type Known = Arc<BTreeMap<(Method, String), Vec<String>>>;

/// What the document says.
pub fn known(document: &OpenApi) -> Known {
    let mut known = BTreeMap::new();
    for (path, item) in &document.paths.paths {
        let methods = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                known.insert((method, path.clone()), names(operation));
            }
        }
    }
    Arc::new(known)
}

fn names(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    let named = parameters.filter_map(|it| match it {
        RefOr::T(it) if it.parameter_in == ParameterIn::Query => Some(it.name.clone()),
        _ => None,
    });
    named.collect()
}

/// Refuses a request with a parameter that its operation does not have.
pub async fn known_only(State(known): State<Known>, request: Request, next: Next) -> Response {
    match unknown(&known, &request) {
        Some(halt) => halt.into_response(),
        None => next.run(request).await,
    }
}

fn unknown(known: &Known, request: &Request) -> Option<Halt> {
    let query = request.uri().query()?;
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let path = path.strip_prefix("/api/v1").unwrap_or(path).to_owned();
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let names = known.get(&(method, path))?;
    let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
    let (name, _) = pairs.into_iter().find(|(name, _)| !names.contains(name))?;
    Some(unknown_parameter(&name, names).into())
}
