//! Somebody who reads pages and sends forms, without a browser.

use reqwest::Client;
use reqwest::header::{HeaderMap, ORIGIN};
use reqwest::redirect::Policy;

use crate::actor::text;
use crate::{PASSWORD, TestApp};

/// A reader of pages, with cookies and without scripts. Redirects are shown, not followed, but for the one to the answer of
/// a form, which every browser follows.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Client,
    base: String,
}

/// A page, or where it leads.
#[derive(Debug, Clone)]
pub struct PageAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The HTML.
    pub html: String,
    /// The address of the page, where it is the answer to a form.
    pub address: String,
}

impl PageAnswer {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of the form's hidden key, by which sending it twice does its work once.
    pub fn once(&self) -> String {
        let rest = self.html.split_once("name=\"once\" value=\"").map_or("", |(_, rest)| rest);
        rest.split_once('"').map_or("", |(key, _)| key).to_owned()
    }
}

impl Reader {
    /// Gets a page.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> PageAnswer {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    /// Sends a form.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> PageAnswer {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base).form(fields);
        self.send(request).await
    }

    /// Sends a form that stands on a page, as browsers say.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_from(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> PageAnswer {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base);
        self.send(request.header("referer", format!("{}{page}", self.base)).form(fields)).await
    }

    /// Sends a form as the script of our pages does.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_in_place(&self, path: &str, fields: &[(&str, &str)]) -> PageAnswer {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base);
        self.send(request.header("retainer-in-place", "1").form(fields)).await
    }

    /// Sends a form with files in it.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> PageAnswer {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base);
        self.send(request.header("content-type", kind).body(body)).await
    }

    /// The same person at another server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// A request for a page, to be sent by the caller.
    pub fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> PageAnswer {
        let response = request.send().await.expect("an answer");
        let to = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let to = to.to_owned();
        let response = if response.status() == 303 && to.contains("answer=") {
            self.client.get(format!("{}{to}", self.base)).send().await.expect("the answer to the form")
        } else {
            response
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        PageAnswer { status, headers, html: text(response).await, address: to }
    }
}

impl TestApp {
    /// Somebody who reads pages without having signed in.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn reader(&self) -> Reader {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client");
        Reader { client, base: self.url() }
    }

    /// Somebody who has signed in on the page.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn signed_in(&self, organization: &str, email: &str) -> Reader {
        let reader = self.reader();
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = reader.post(&format!("/{organization}/sign-in"), &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.html);
        reader
    }
}
