//! People of the cast: HTTP clients with or without a token.

use reqwest::{Client, Method};
use serde_json::Value;

/// Somebody who calls the API.
#[derive(Debug, Clone)]
pub struct Actor {
    client: Client,
    base: String,
    token: Option<String>,
}

/// What they were told.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// JSON, or the text as a JSON string.
    pub body: Value,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// The problem's code, or `""`.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Actor {
    /// Somebody without a token.
    pub fn new(base: String) -> Self {
        Self { client: Client::new(), base, token: None }
    }

    /// Somebody without a token who calls from another address of this machine, such as 127.0.0.2.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn calling_from(base: String, address: std::net::IpAddr) -> Self {
        let client = Client::builder().local_address(address).build().expect("a client");
        Self { client, base, token: None }
    }

    /// The same with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person at another server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// A request to the API, to be completed and sent by the caller.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = text(response).await;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, body, headers }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST with a JSON body and an Idempotency-Key.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}

/// What an answer says. A stream has no end; the first that it says stands for it.
pub(crate) async fn text(mut response: reqwest::Response) -> String {
    let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media.starts_with("text/event-stream") {
        let first = response.chunk().await.expect("a stream").unwrap_or_default();
        return String::from_utf8_lossy(&first).into_owned();
    }
    response.text().await.expect("a body")
}
