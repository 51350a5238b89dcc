//! The frame around every mail: it looks like the product, reads well as plain text, and says why it was sent.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What a verb, which does not know under which address the installation is reached, writes before a path in a mail.
pub const BASE: &str = "{{base}}";

/// What the frame is put around.
#[derive(Debug, Clone, Copy)]
pub struct Framed<'a> {
    /// The name of the organization.
    pub organization: &'a str,
    /// The address of the installation, which stands for [`BASE`] in the body.
    pub base: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The body as plain text.
    pub text: &'a str,
    /// The body as HTML.
    pub html: &'a str,
    /// Why the person gets it.
    pub reason: &'a str,
    /// Where they can stop such mails, if they can.
    pub preferences: Option<&'a str>,
}

/// The whole plain text.
pub fn text(mail: &Framed<'_>) -> String {
    let stop = mail.preferences.map(|address| format!("\nChoose what you are told: {address}")).unwrap_or_default();
    format!("{}\n\n-- \n{}\n{}{stop}\n", mail.text.trim_end().replace(BASE, mail.base), mail.organization, mail.reason)
}

const BODY: &str = "margin:0;padding:24px 12px;background:#fbfaf6;color:#22262e;\
                    font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const SHEET: &str =
    "max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #e2dfd5;border-radius:8px;padding:28px 32px";
const MARK: &str = "margin:0 0 20px;font:600 20px/1.2 'Iowan Old Style',Palatino,Georgia,serif;color:#22262e;border-bottom:1px solid #e2dfd5;padding-bottom:14px";
const FOOT: &str = "max-width:560px;margin:14px auto 0;padding:0 32px;font-size:12px;line-height:1.5;color:#6b6f76";

/// The whole HTML. Styles stand inline because mail programs drop style sheets.
pub fn html(mail: &Framed<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (mail.subject) }
                // In the outbox the mail stands in a frame; its links open beside it.
                base target="_blank";
            }
            body style=(BODY) {
                div style=(SHEET) {
                    p style=(MARK) { (mail.organization) }
                    (PreEscaped(mail.html.replace(BASE, mail.base)))
                }
                p style=(FOOT) {
                    (mail.reason)
                    @if let Some(address) = mail.preferences {
                        " " a href=(address) style="color:#6b6f76" { "Choose what you are told" } "."
                    }
                }
            }
        }
    }
}

/// A button that leads somewhere, with the address below it for whoever cannot press it.
pub fn button(address: &str, label: &str) -> Markup {
    html! {
        p style="margin:22px 0" {
            a href=(address) style="display:inline-block;background:#0f5c43;color:#ffffff;text-decoration:none;\
                                    font-weight:600;padding:10px 18px;border-radius:6px" { (label) }
        }
        p style="font-size:12px;color:#6b6f76;word-break:break-all" { (address) }
    }
}

/// A paragraph.
pub fn paragraph(text: &str) -> Markup {
    html! { p style="margin:0 0 14px" { (text) } }
}
