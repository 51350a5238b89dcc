//! Files on tickets: what is taken, who sees it, and that nothing is left lying about.

use http::Method;
use jiff::ToSpan;
use kernel::id::{AttachmentId, Id};
use kernel::{Actor as Who, Role};
use retainer::files::Limits;
use runtime::files::Place;
use runtime::tx::Access;
use serde_json::json;
use testkit::{Actor, Answer, Setup, TestApp};

mod bucket;
mod moving;
mod pages;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

struct Desk {
    app: TestApp,
    olga: Actor,
    cleo: Actor,
    ticket: String,
}

impl Desk {
    async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    async fn start_with(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
        let (olga, cleo) = (app.olga().await, app.sign_in("acme", "cleo@berg.example").await);
        let ticket =
            cleo.post("/tickets", json!({"title": "Printer"})).await.body["id"].as_str().expect("a number").to_owned();
        Self { app, olga, cleo, ticket }
    }

    async fn attach(&self, who: &Actor, query: &str, body: impl Into<Vec<u8>>) -> Answer {
        hand_in(who, &format!("/tickets/{}/attachments?{query}", self.ticket), body.into()).await
    }

    /// A transaction's answer to a query of one number.
    async fn count(&self, query: &str) -> i64 {
        let tx =
            self.app.server.app.begin(self.app.acme, Who::system("test"), Access::Read).await.expect("a transaction");
        tx.one(query, &[]).await.expect("a number").get(0)
    }

    async fn lies_there(&self, id: &str) -> bool {
        let id: AttachmentId = id.parse().expect("an id");
        self.app.server.app.files.download(self.app.acme, id.uuid()).await.expect("an answer").is_some()
    }
}

async fn hand_in(who: &Actor, path: &str, body: Vec<u8>) -> Answer {
    who.send(who.request(Method::POST, path).header("content-type", "application/octet-stream").body(body)).await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").to_owned()
}

async fn got(who: &Actor, id: &str) -> (u16, http::HeaderMap, Vec<u8>) {
    let response = who.request(Method::GET, &format!("/attachments/{id}")).send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.expect("a body").to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_back_as_it_was_and_says_what_it_is_by_its_bytes() {
    let desk = Desk::start().await;
    let picture = id(&desk.attach(&desk.cleo, "name=../photo.html", PNG).await);
    let (status, headers, body) = got(&desk.olga, &picture).await;
    assert_eq!((status, body.as_slice()), (200, PNG));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["content-disposition"], "inline; filename=\"photo.html\"; filename*=UTF-8''photo.html");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers["content-security-policy"].to_str().expect("text").contains("sandbox"));
    for (name, body) in
        [("x.png", "<html><script>alert(1)</script>"), ("x.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")]
    {
        let evil = id(&desk.attach(&desk.cleo, &format!("name={name}"), body).await);
        let (_, headers, _) = got(&desk.olga, &evil).await;
        let kind = headers["content-type"].to_str().expect("text");
        assert!(kind == "application/octet-stream" || kind.starts_with("text/plain"), "{name}: {kind}");
        assert!(headers["content-disposition"].to_str().expect("text").starts_with("attachment;"), "{name}");
    }
    let listed = desk.olga.get(&format!("/tickets/{}/attachments", desk.ticket)).await;
    let names: Vec<_> = listed.body["items"].as_array().expect("items").iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["photo.html", "x.png", "x.svg"]);
    assert_eq!(listed.body["items"][0]["size"], PNG.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_file_of_others_and_no_customer_an_internal_one() {
    let desk = Desk::start().await;
    let app = &desk.app;
    app.customer(app.acme, "Dora", "dora@d.example").await;
    let other = app.server.app.ids.next();
    app.organization(other, "other", "Other").await;
    app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let open = id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    let note = desk
        .olga
        .post(&format!("/tickets/{}/comments", desk.ticket), json!({"message": "Psst", "internal": true}))
        .await;
    let of_note = format!("name=b.png&comment={}", note.body["id"].as_str().expect("an id"));
    let internal = id(&desk.attach(&desk.olga, &of_note, PNG).await);
    let alone = id(&desk.attach(&desk.olga, "name=c.png&internal=true", PNG).await);
    for (who, email) in [("acme", "dora@d.example"), ("other", "otto@other.example")] {
        let stranger = app.sign_in(who, email).await;
        assert_eq!(got(&stranger, &open).await.0, 404, "{email}");
        assert_eq!(stranger.delete(&format!("/attachments/{open}")).await.status, 404, "{email}");
        assert_eq!(stranger.get(&format!("/tickets/{}/attachments", desk.ticket)).await.status, 404, "{email}");
        assert_eq!(desk.attach(&stranger, "name=x", PNG).await.status, 404, "{email}");
    }
    for hidden in [&internal, &alone] {
        assert_eq!(got(&desk.cleo, hidden).await.0, 404);
        assert_eq!(got(&desk.olga, hidden).await.0, 200);
    }
    let listed = desk.cleo.get(&format!("/tickets/{}/attachments", desk.ticket)).await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1));
    // Nor may a customer write behind their own back, or into what others said.
    assert_eq!(desk.attach(&desk.cleo, "name=x&internal=true", PNG).await.code(), "comment.not_internal");
    assert_eq!(desk.attach(&desk.cleo, &of_note, PNG).await.code(), "attachment.no_comment");
    // Nobody without a token gets anything.
    assert_eq!(got(&app.nobody(), &open).await.0, 401);
    // What was refused belongs to nothing and is swept.
    assert!(desk.count("select count(*) from loose_files").await >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_is_refused_and_leaves_nothing() {
    let limits = Limits { file: 1_000, organization: 2_500 };
    let desk = Desk::start_with(Setup { file_limits: Some(limits), ..Setup::default() }).await;
    assert_eq!(desk.attach(&desk.cleo, "name=a", vec![7; 1_001]).await.code(), "file.too_large");
    assert_eq!(desk.attach(&desk.cleo, "name=a", "").await.code(), "file.empty");
    let first = id(&desk.attach(&desk.cleo, "name=a", vec![7; 1_000]).await);
    id(&desk.attach(&desk.cleo, "name=b", vec![8; 1_000]).await);
    assert_eq!(desk.attach(&desk.cleo, "name=c", vec![9; 501]).await.code(), "file.no_room");
    assert_eq!(desk.count("select bytes from file_usage").await, 2_000);
    // Whoever takes one away has room again.
    assert_eq!(desk.cleo.delete(&format!("/attachments/{first}")).await.status, 204);
    id(&desk.attach(&desk.cleo, "name=c", vec![9; 501]).await);
    assert_eq!(desk.count("select files * 10000 + bytes from file_usage").await, 21_501);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_never_keep_more_than_there_is_room_for() {
    let limits = Limits { file: 1_000, organization: 3_000 };
    let desk = Desk::start_with(Setup { file_limits: Some(limits), ..Setup::default() }).await;
    let tries = (0..8).map(|_| desk.attach(&desk.cleo, "name=a", vec![1; 900]));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
    assert_eq!(desk.count("select bytes from file_usage").await, 2_700);
    assert_eq!(desk.count("select sum(bytes)::bigint from attachments").await, 2_700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_nothing_is_swept_after_a_day_and_nothing_else() {
    let desk = Desk::start().await;
    let app = &desk.app.server.app;
    let kept = id(&desk.attach(&desk.cleo, "name=kept.png", PNG).await);
    let gone = id(&desk.attach(&desk.cleo, "name=gone.png", PNG).await);
    assert_eq!(desk.cleo.delete(&format!("/attachments/{gone}")).await.status, 204);
    // Whoever dies between receiving and committing leaves this.
    let pieces = futures_util::stream::iter([Ok::<_, String>(bytes::Bytes::from_static(PNG))]);
    let lost = retainer::files::receive(app, desk.app.acme, retainer::files::FileName::clean("lost.png"), pieces);
    let lost = lost.await.expect("a file").id.to_string();
    retainer::jobs::tick(app).await.expect("a tick");
    assert!(desk.lies_there(&gone).await && desk.lies_there(&lost).await, "swept at once");
    assert_eq!(got(&desk.olga, &gone).await.0, 404);
    desk.app.clock.set(desk.app.clock.now() + 25.hours());
    retainer::jobs::tick(app).await.expect("a tick");
    assert!(!desk.lies_there(&gone).await && !desk.lies_there(&lost).await, "still there");
    assert!(desk.lies_there(&kept).await);
    assert_eq!(desk.count("select count(*) from loose_files").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_handed_a_file_in_takes_it_back_and_staff_take_away_any() {
    let desk = Desk::start().await;
    let (of_cleo, of_olga) =
        (id(&desk.attach(&desk.cleo, "name=a.png", PNG).await), id(&desk.attach(&desk.olga, "name=b.png", PNG).await));
    let refused = desk.cleo.delete(&format!("/attachments/{of_olga}")).await;
    assert_eq!((refused.status, refused.code()), (403, "attachment.not_theirs"));
    assert_eq!(desk.olga.delete(&format!("/attachments/{of_cleo}")).await.status, 204);
    assert_eq!(desk.olga.delete(&format!("/attachments/{of_cleo}")).await.status, 404);
    let trail = desk.olga.get("/audit?limit=10").await.body.to_string();
    assert!(trail.contains("ticket.file_removed") && trail.contains("ticket.file_attached"), "{trail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_attaches_once() {
    let desk = Desk::start().await;
    let path = format!("/tickets/{}/attachments?name=a.png", desk.ticket);
    let send = || {
        let request = desk.cleo.request(Method::POST, &path).header("idempotency-key", "one").body(PNG);
        desk.cleo.send(request)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(desk.count("select count(*) from attachments").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_along_with_a_merge_and_are_emptied_with_their_customer() {
    let desk = Desk::start().await;
    let file = id(&desk.attach(&desk.cleo, "name=passport of cleo.png", PNG).await);
    let other = desk.cleo.post("/tickets", json!({"title": "The same"})).await.body["id"].clone();
    let merged = desk.olga.post(&format!("/tickets/{}/merging", desk.ticket), json!({"into": other})).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    let listed = desk.cleo.get(&format!("/tickets/{}/attachments", other.as_str().expect("a number"))).await;
    assert_eq!(listed.body["items"][0]["id"], json!(file));
    let customer = desk.cleo.get(&format!("/tickets/{}", desk.ticket)).await.body["customer"].clone();
    let path = format!("/customers/{}/anonymisation", customer.as_str().expect("an id"));
    let done = desk.olga.post(&path, json!({"reason": "She asked."})).await;
    assert!(done.status < 300, "{}", done.body);
    let (status, _, body) = got(&desk.olga, &file).await;
    assert_eq!(status, 410, "{}", String::from_utf8_lossy(&body));
    for table in ["attachments", "audit_entries"] {
        let named = format!("select count(*) from {table} t where t::text like '%passport%'");
        assert_eq!(desk.count(&named).await, 0, "{table}");
    }
    desk.app.clock.set(desk.app.clock.now() + 25.hours());
    retainer::jobs::tick(&desk.app.server.app).await.expect("a tick");
    assert!(!desk.lies_there(&file).await);
    assert_eq!(desk.count("select files + bytes from file_usage").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_keeps_small_files_whole_and_large_ones_in_parts() {
    let (bucket, place) = bucket::Fake::start().await;
    let limits = Limits { file: 20_000_000, organization: 100_000_000 };
    let setup = Setup { files: Some(place), file_limits: Some(limits), ..Setup::default() };
    let desk = Desk::start_with(setup).await;
    let small = id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    assert_eq!((bucket.calls("PUT "), bucket.calls("POST uploads")), (1, 0));
    let large: Vec<u8> = (0..12_000_000u32).map(|byte| byte.to_le_bytes()[0] ^ byte.to_le_bytes()[2]).collect();
    let big = id(&desk.attach(&desk.cleo, "name=b.bin", large.clone()).await);
    assert_eq!((bucket.calls("POST uploads"), bucket.calls("PUT partNumber")), (1, 3));
    let (status, headers, body) = got(&desk.cleo, &big).await;
    assert_eq!((status, body == large), (200, true));
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(got(&desk.cleo, &small).await.2, PNG);
    // One that breaks off in the middle leaves nothing behind.
    assert_eq!(desk.attach(&desk.cleo, "name=c.bin", vec![0; 20_000_001]).await.code(), "file.too_large");
    assert_eq!(bucket.keys().len(), 2);
    assert!(bucket.keys().iter().all(|key| key.starts_with(&format!("{}/", desk.app.acme.uuid()))));
    desk.olga.delete(&format!("/attachments/{small}")).await;
    desk.app.clock.set(desk.app.clock.now() + 25.hours());
    retainer::jobs::tick(&desk.app.server.app).await.expect("a tick");
    assert_eq!(bucket.keys().len(), 1);
    desk.app.server.app.files.remove_all(desk.app.acme).await.expect("removed");
    assert!(bucket.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_folder_are_their_owners_alone_and_go_with_the_organization() {
    use std::os::unix::fs::PermissionsExt;
    let place = testkit::database::files();
    let desk = Desk::start_with(Setup { files: Some(place.clone()), ..Setup::default() }).await;
    let file = id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    let Place::Folder(folder) = place else { panic!("a folder") };
    assert_eq!(folder.metadata().expect("a folder").permissions().mode() & 0o777, 0o700);
    let id: AttachmentId = file.parse().expect("an id");
    assert!(folder.join(desk.app.acme.uuid().to_string()).join(id.uuid().to_string()).is_file());
    desk.app.server.app.files.remove_all(desk.app.acme).await.expect("removed");
    assert!(!folder.join(desk.app.acme.uuid().to_string()).exists());
}
