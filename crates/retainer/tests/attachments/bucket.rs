//! A small service that speaks S3 over a socket, as far as files need it: whole objects, parts, lists, removal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use runtime::files::{Bucket, Place};
use sha2::{Digest, Sha256};

/// Parts of uploads by upload and number.
type Parts = BTreeMap<(String, u32), Vec<u8>>;

/// What lies in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fake {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    parts: Arc<Mutex<Parts>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts it; where files lie then.
    pub(super) async fn start() -> (Self, Place) {
        let fake = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let router =
            Router::new().fallback(answer).layer(axum::extract::DefaultBodyLimit::disable()).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let bucket = Bucket {
            name: "desk".to_owned(),
            endpoint: Some(endpoint),
            region: "eu-north-1".to_owned(),
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
        };
        (fake, Place::Bucket(bucket))
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.objects.lock().expect("objects").keys().cloned().collect()
    }

    pub(super) fn calls(&self, kind: &str) -> usize {
        self.calls.lock().expect("calls").iter().filter(|call| call.starts_with(kind)).count()
    }

    fn act(&self, method: &Method, key: &str, query: &BTreeMap<String, String>, body: Vec<u8>) -> Response {
        let mut objects = self.objects.lock().expect("objects");
        let mut parts = self.parts.lock().expect("parts");
        let number = query.get("partNumber").and_then(|number| number.parse::<u32>().ok());
        self.calls
            .lock()
            .expect("calls")
            .push(format!("{method} {}", query.keys().cloned().collect::<Vec<_>>().join("&")));
        match (method.as_str(), number) {
            ("PUT", Some(number)) => {
                parts.insert((key.to_owned(), number), body);
                ([(header::ETAG, format!("\"{number}\""))], "").into_response()
            }
            ("PUT", None) => {
                objects.insert(key.to_owned(), body);
                ([(header::ETAG, "\"e\"")], "").into_response()
            }
            ("POST", _) if query.contains_key("uploads") => xml(format!(
                "<InitiateMultipartUploadResult><Bucket>desk</Bucket><Key>{key}</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
            )),
            ("POST", _) if query.contains_key("uploadId") => {
                let own: Vec<_> = parts.keys().filter(|(known, _)| known == key).cloned().collect();
                let whole = own.iter().flat_map(|part| parts.remove(part).unwrap_or_default()).collect();
                objects.insert(key.to_owned(), whole);
                xml("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>".to_owned())
            }
            ("POST", _) if query.contains_key("delete") => {
                let text = String::from_utf8(body).expect("XML");
                let keys: Vec<&str> =
                    text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).collect();
                let deleted: String = keys.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
                keys.iter().for_each(|key| drop(objects.remove(*key)));
                xml(format!("<DeleteResult>{deleted}</DeleteResult>"))
            }
            ("DELETE", _) if query.contains_key("uploadId") => {
                parts.retain(|(known, _), _| known != key);
                StatusCode::NO_CONTENT.into_response()
            }
            ("DELETE", _) => {
                objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            ("GET", _) if query.contains_key("list-type") => {
                let prefix = query.get("prefix").cloned().unwrap_or_default();
                let found: String = objects
                    .iter()
                    .filter(|(key, _)| key.starts_with(&prefix))
                    .map(|(key, body)| format!("<Contents><Key>{key}</Key><LastModified>2026-11-20T09:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>", body.len()))
                    .collect();
                xml(format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"))
            }
            ("GET", _) => match objects.get(key) {
                Some(body) => {
                    ([(header::ETAG, "\"e\""), (header::LAST_MODIFIED, "Fri, 20 Nov 2026 09:00:00 GMT")], body.clone())
                        .into_response()
                }
                None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
            },
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], format!("<?xml version=\"1.0\"?>{text}")).into_response()
}

async fn answer(State(fake): State<Fake>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    // Signed with the key, over what was sent.
    let authorization = said("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(authorization.contains("/eu-north-1/s3/aws4_request"), "{authorization}");
    let sum = said("x-amz-content-sha256");
    assert!(sum == hex::encode(Sha256::digest(&body)) || sum == "UNSIGNED-PAYLOAD", "{method} {uri}: {sum}");
    let path =
        uri.path().strip_prefix("/desk").expect("the bucket stands in the path").trim_start_matches('/').to_owned();
    let pairs = uri.query().unwrap_or_default();
    let query = pairs
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/")))
        .collect();
    fake.act(&method, &path, &query, body.to_vec())
}
