//! Files on pages, without a script.

use super::{Desk, PNG};

/// A form with fields and files, as browsers write it.
fn form(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_with_files_is_one_form_and_sent_twice_is_once() {
    let desk = Desk::start().await;
    let reader = desk.app.signed_in("acme", "cleo@berg.example").await;
    let path = format!("/acme/tickets/{}", desk.ticket);
    let page = reader.get(&path).await;
    assert!(page.html.contains("enctype=\"multipart/form-data\"") && page.html.contains("type=\"file\""));
    let once = page.once();
    let fields = [("once", once.as_str()), ("version", "1"), ("message", "Look at this")];
    for _ in 0..2 {
        let (kind, body) = form(&fields, &[("plan <b>.png", PNG), ("", b"")]);
        let sent = reader.post_bytes(&format!("{path}/comments"), &kind, body).await;
        assert_eq!((sent.status, sent.location()), (303, path.as_str()), "{}", sent.html);
    }
    assert_eq!(desk.count("select count(*) from attachments").await, 1);
    assert_eq!(desk.count("select count(*) from ticket_comments").await, 1);
    let page = reader.get(&path).await.html;
    assert!(page.contains("plan _b_.png") && page.contains("<img src=\"/acme/attachments/att_"), "{page}");
    let address = page.split("<img src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a picture");
    let picture = reader.get(address.trim_end_matches("/preview")).await;
    assert_eq!((picture.status, &picture.headers["content-type"]), (200, &"image/png".parse().expect("a value")));
    let olga = desk.app.signed_in("acme", "olga@acme.example").await;
    let (kind, body) = form(&[("once", "k7"), ("to", "everybody"), ("message", "Here it is")], &[("way.txt", b"left")]);
    assert_eq!(olga.post_bytes(&format!("{path}/comments"), &kind, body).await.status, 303);
    // Names and the number of fields count, as values do.
    let (long, many) = ("n".repeat(200_000), "n".repeat(20));
    for fields in [vec![(long.as_str(), ""); 2], vec![(many.as_str(), ""); 10_000]] {
        let (kind, body) = form(&fields, &[]);
        assert_eq!(olga.post_bytes(&format!("{path}/comments"), &kind, body).await.status, 413);
    }
    let said = "select count(*) from mails where to_email = 'cleo@berg.example' and text like '%Here it is%With a file: way.txt%'";
    assert_eq!(desk.count(said).await, 1, "whoever reads the mail knows that there is a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_show_small_pictures_to_whoever_may_see_the_large_ones() {
    let desk = Desk::start().await;
    let mut photograph = std::io::Cursor::new(Vec::new());
    let noise = image::RgbImage::from_fn(1600, 1200, |x, y| {
        image::Rgb([(x * y % 251) as u8, (x % 253) as u8, (y % 241) as u8])
    });
    noise.write_to(&mut photograph, image::ImageFormat::Png).expect("written");
    let file = super::id(&desk.attach(&desk.cleo, "name=a.png", photograph.into_inner()).await);
    let reader = desk.app.signed_in("acme", "cleo@berg.example").await;
    let page = reader.get(&format!("/acme/tickets/{}", desk.ticket)).await.html;
    let address = format!("/acme/attachments/{file}/preview");
    assert!(page.contains(&format!("<img src=\"{address}\"")), "{page}");
    for _ in 0..2 {
        let shown = reader.request(&address).send().await.expect("an answer").bytes().await.expect("a body");
        assert!(shown.len() < 20_000, "{}", shown.len());
        let shown = image::load_from_memory(&shown).expect("a picture");
        assert_eq!((shown.width(), shown.height()), (240, 180));
    }
    // On a shared computer the next one who signs in has the same cache: it asks each time, and is told nothing of Cleo's.
    let shown = reader.request(&address).send().await.expect("an answer");
    let (kept, mark) = (shown.headers()["cache-control"].clone(), shown.headers()["etag"].clone());
    assert_eq!(kept, "private, no-cache");
    let asks = async |who: &testkit::Reader| {
        let answer = who.request(&address).header("if-none-match", &mark).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(asks(&reader).await, 304);
    assert_eq!(asks(&desk.app.reader()).await, 303);
    let broken = super::id(&desk.attach(&desk.cleo, "name=b.png", PNG).await);
    assert_eq!(reader.get(&format!("/acme/attachments/{broken}/preview")).await.status, 404);
    let words = super::id(&desk.attach(&desk.cleo, "name=c.txt", b"words").await);
    assert_eq!(reader.get(&format!("/acme/attachments/{words}/preview")).await.status, 404);
    desk.app.customer(desk.app.acme, "Dora", "dora@other.example").await;
    let other = desk.app.signed_in("acme", "dora@other.example").await;
    assert_eq!(other.get(&address).await.status, 404);
    assert_eq!(asks(&other).await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_without_words_are_said_by_their_names_and_what_was_typed_stays_when_one_is_refused() {
    let limits = retainer::files::Limits { file: 1_000, organization: 100_000 };
    let desk = Desk::start_with(testkit::Setup { file_limits: Some(limits), ..Default::default() }).await;
    let reader = desk.app.signed_in("acme", "olga@acme.example").await;
    let path = format!("/acme/tickets/{}/comments", desk.ticket);
    let (kind, body) = form(&[("to", "staff"), ("message", "")], &[("a.png", PNG), ("b.txt", b"words")]);
    assert_eq!(reader.post_bytes(&path, &kind, body).await.status, 303);
    assert_eq!(desk.count("select count(*) from attachments where internal").await, 2);
    assert_eq!(
        desk.count("select count(*) from ticket_comments where message = 'Attached: a.png, b.txt' and internal").await,
        1
    );
    let (kind, body) = form(&[("message", "Half an hour of typing")], &[("large.bin", &[1; 5_000])]);
    let refused = reader.post_bytes(&path, &kind, body).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.html.contains("Half an hour of typing") && refused.html.contains("large.bin is larger than 1 kB"),
        "{}",
        refused.html
    );
    assert_eq!(desk.count("select count(*) from ticket_comments").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_away_on_its_page() {
    let desk = Desk::start().await;
    let file = super::id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    let reader = desk.app.signed_in("acme", "cleo@berg.example").await;
    let sent = reader.post(&format!("/acme/attachments/{file}/removal"), &[("once", "k1")]).await;
    assert_eq!((sent.status, sent.location()), (303, format!("/acme/tickets/{}", desk.ticket).as_str()));
    assert_eq!(desk.count("select count(*) from attachments").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_opened_with_files_and_a_refused_one_says_that_they_are_to_be_chosen_again() {
    let desk = Desk::start().await;
    let reader = desk.app.signed_in("acme", "cleo@berg.example").await;
    let page = reader.get("/acme/tickets/new").await;
    assert!(
        page.html.contains("enctype=\"multipart/form-data\"") && page.html.contains("type=\"file\""),
        "{}",
        page.html
    );
    let once = page.once();
    let fields = [("once", once.as_str()), ("title", ""), ("priority", "High"), ("details", "It looks like this")];
    let (kind, body) = form(&fields, &[("leak.png", PNG)]);
    let refused = reader.post_bytes("/acme/tickets", &kind, body).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.html.contains("Choose the files again") && refused.html.contains("It looks like this"),
        "{}",
        refused.html
    );
    let once = refused.once();
    let fields = [("once", once.as_str()), ("title", "The roof leaks"), ("priority", "High"), ("details", "")];
    for _ in 0..2 {
        let (kind, body) = form(&fields, &[("leak.png", PNG), ("words.txt", b"drip"), ("", b"")]);
        let sent = reader.post_bytes("/acme/tickets", &kind, body).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        let seen = reader.get(sent.location()).await;
        for words in ["The roof leaks", "leak.png", "words.txt", "<img src=\"/acme/attachments/att_"] {
            assert!(seen.html.contains(words), "{words}: {}", seen.html);
        }
    }
    assert_eq!(desk.count("select count(*) from attachments").await, 2);
    // They stand with what was asked for, above what was said later.
    let ticket = reader.get("/acme/tickets?q=roof").await.html;
    let ticket = ticket.split("href=\"/acme/tickets/TKT-").nth(1).and_then(|rest| rest.split('"').next()).expect("it");
    let path = format!("/acme/tickets/TKT-{ticket}");
    let said = [("message", "A later word"), ("once", "k5")];
    assert_eq!(reader.post(&format!("{path}/comments"), &said).await.status, 303);
    let page = reader.get(&path).await.html;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(at("id=\"asked\"") < at("leak.png") && at("words.txt") < at("A later word"), "{page}");
    let olga = desk.app.signed_in("acme", "olga@acme.example").await;
    assert!(olga.get("/acme/audit?action=ticket").await.html.contains("attached a file to"));
    let without = reader.post("/acme/tickets", &[("title", "No file"), ("priority", "Low"), ("once", "k9")]).await;
    assert_eq!(without.status, 303, "{}", without.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_lets_a_picture_be_sent_without_words() {
    let desk = Desk::start().await;
    let page =
        desk.app.signed_in("acme", "cleo@berg.example").await.get(&format!("/acme/tickets/{}", desk.ticket)).await;
    let area =
        page.html.split("<textarea id=\"message\"").nth(1).and_then(|rest| rest.split('>').next()).expect("a box");
    assert!(!area.contains("required"), "{area}");
    let nothing = desk.app.signed_in("acme", "cleo@berg.example").await;
    let sent =
        nothing.post(&format!("/acme/tickets/{}/comments", desk.ticket), &[("message", ""), ("once", "k1")]).await;
    assert!(sent.status == 422 && sent.html.contains("Must not be empty."), "{}", sent.html);
}
