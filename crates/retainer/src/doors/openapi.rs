//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, Required, ResponseBuilder, SecurityRequirement};
use utoipa::{OpenApi as _, PartialSchema};

use runtime::http::problem::{Problem, ProblemError};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Retainer",
        description = "The back office of a business that sells its time. Decimals are strings, instants are RFC 3339 in UTC, \
                       errors are problem+json. Every POST takes an Idempotency-Key: the same key with the same request \
                       gets the first answer again."
    ),
    servers((url = "/api/v1")),
    components(schemas(Problem, ProblemError))
)]
struct Document;

/// The document without paths, to which the routes add theirs.
pub fn base() -> OpenApi {
    Document::openapi()
}

/// Adds what is true of every operation: the problems it may answer with, the token, the Idempotency-Key.
pub fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A session token.")).build();
    components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(bearer).into());
    document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    for item in document.paths.paths.values_mut() {
        let methods = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                complete_operation(&method, operation);
            }
        }
    }
    document
}

const PROBLEMS: [(&str, &str); 14] = [
    ("400", "The request is damaged."),
    ("401", "No token, or one that opens nothing."),
    ("403", "The role does not allow it."),
    ("404", "There is no such thing here."),
    ("405", "The address does not take this method."),
    ("408", "The body took too long to arrive."),
    ("409", "It contradicts what is already so, or what it needs is used up."),
    ("412", "Somebody changed it first."),
    ("413", "The body is too large."),
    ("415", "The body is not JSON."),
    ("422", "The input cannot be meant."),
    ("429", "Too many tries."),
    ("500", "A fault on our side."),
    ("503", "Busy or restarting; try again."),
];

fn complete_operation(method: &HttpMethod, operation: &mut Operation) {
    for (status, description) in PROBLEMS {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response =
            ResponseBuilder::new().description(description).content("application/problem+json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
    if *method == HttpMethod::Post {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("Makes the request safe to repeat: 1 to 255 visible characters."))
            .schema(Some(String::schema()))
            .build();
        operation.parameters.get_or_insert_default().push(key.into());
    }
}
