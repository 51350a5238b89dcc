//! The frame around every mail, and the parts that mails are made of: it looks like the product, reads well as plain text,
//! and says why it was sent. Styles stand inline because mail programs drop style sheets; what is dark stands in a sheet
//! that programs which know dark keep.

use kernel::Quantity;
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
    /// Where they can choose what they are told, if they can.
    pub preferences: Option<&'a str>,
    /// How they stop such mails.
    pub stop: Stop<'a>,
}

/// How a mail says that mails like it can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop<'a> {
    /// They cannot be.
    None,
    /// By this link, without signing in.
    By(&'a str),
    /// By a link that acts in the reader's name, so nobody else is shown where it leads.
    Withheld,
}

/// The whole plain text.
pub fn text(mail: &Framed<'_>) -> String {
    let choose = mail.preferences.map(|address| format!("\nChoose what you are told: {address}")).unwrap_or_default();
    let stop = match mail.stop {
        Stop::None => String::new(),
        Stop::By(address) => format!("\nStop mails of this kind: {address}"),
        Stop::Withheld => "\nStop mails of this kind: (a link that only the recipient is shown)".to_owned(),
    };
    let body = mail.text.trim_end().replace(BASE, mail.base);
    format!("{body}\n\n-- \n{}\n{}{choose}{stop}\n", mail.organization, mail.reason)
}

const BODY: &str = "margin:0;padding:24px 12px;background:#fbfaf6;color:#22262e;\
                    font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const SHEET: &str = "max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #e2dfd5;border-radius:8px;padding:28px 32px;overflow-wrap:anywhere";
const MARK: &str = "margin:0 0 20px;font:600 20px/1.2 'Iowan Old Style',Palatino,Georgia,serif;color:#22262e;border-bottom:1px solid #e2dfd5;padding-bottom:14px";
const FOOT: &str = "max-width:560px;margin:14px auto 0;padding:0 32px;font-size:12px;line-height:1.5;color:#6b6f76";

/// What is other in the dark, and on a phone.
const SHEETS: &str = "@media (max-width:480px){.sheet{padding:20px 18px!important}.foot{padding:0 18px!important}}\
    @media (prefers-color-scheme:dark){.body{background:#14171b!important;color:#e9e6df!important}\
    .sheet{background:#1b1f24!important;border-color:#30353c!important}\
    .mark{color:#e9e6df!important;border-color:#30353c!important}.soft,.soft a{color:#a3a8af!important}\
    .go{background:#63c79b!important;color:#10201a!important}\
    .used{background:#63c79b!important}.held{background:#3c7a60!important}.left{background:#1f4436!important}\
    .over{background:#f08a7c!important}.ink{color:#e9e6df!important}}";

/// The whole HTML.
pub fn html(mail: &Framed<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (mail.subject) }
                // In the outbox the mail stands in a frame; its links open beside it.
                base target="_blank";
                style { (PreEscaped(SHEETS)) }
            }
            body.body style=(BODY) {
                div.sheet style=(SHEET) {
                    p.mark style=(MARK) { (mail.organization) }
                    (PreEscaped(mail.html.replace(BASE, mail.base)))
                }
                p.foot.soft style=(FOOT) {
                    (mail.reason)
                    @if let Some(address) = mail.preferences {
                        " " a href=(address) style="color:#6b6f76" { "Choose what you are told" } "."
                    }
                    @match mail.stop {
                        Stop::None => {},
                        Stop::By(address) => { " " a href=(address) style="color:#6b6f76" { "Stop mails of this kind" } "." },
                        Stop::Withheld => { " Stop mails of this kind (a link that only the recipient is shown)." },
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
            a.go href=(address) style="display:inline-block;background:#0f5c43;color:#ffffff;text-decoration:none;\
                                       font-weight:600;padding:10px 18px;border-radius:6px" { (label) }
        }
        p.soft style="font-size:12px;color:#6b6f76;word-break:break-all" { (address) }
    }
}

/// A paragraph; its lines stay lines.
pub fn paragraph(text: &str) -> Markup {
    html! { p style="margin:0 0 14px" { @for (at, line) in text.lines().enumerate() { @if at > 0 { br; } (line) } } }
}

/// What a mail is about, in a line.
pub fn heading(text: &str) -> Markup {
    html! { p style="margin:0 0 14px;font-size:17px;line-height:1.35;font-weight:600" { (text) } }
}

/// A customer's balance in one unit, as mails show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Used for good.
    pub used: Quantity,
    /// Promised to open work.
    pub held: Quantity,
    /// What is left to spend; negative when more was used than there was.
    pub left: Quantity,
}

impl Bar {
    /// What of it, in words: `5:30 h used`.
    fn figures(&self) -> [(Quantity, &'static str); 3] {
        [(self.used, "used"), (self.held, "held"), (self.left, "left")]
    }

    /// All of it in words.
    pub fn sentence(&self) -> String {
        self.figures().map(|(quantity, word)| format!("{quantity} {word}")).join(", ")
    }

    /// The hundredths of the bar that each part takes, which make up the whole; what is there takes at least one.
    fn shares(&self) -> [i64; 3] {
        let atoms = self.figures().map(|(quantity, _)| i128::from(quantity.atoms.max(0)));
        let whole: i128 = atoms.iter().sum();
        if whole == 0 {
            return [0, 0, 100];
        }
        let mut shares =
            atoms.map(|atoms| if atoms == 0 { 0 } else { i64::try_from(atoms * 100 / whole).unwrap_or(0).max(1) });
        let greatest = (0..3).max_by_key(|at| shares[*at]).unwrap_or(0);
        shares[greatest] += 100 - shares.iter().sum::<i64>();
        shares
    }
}

/// The balance bar, of cells of a table: their grounds are the only thing that every mail program draws.
pub fn bar(bar: &Bar) -> Markup {
    let over = bar.left.atoms < 0;
    let looks =
        [if over { ("over", "#b3362b") } else { ("used", "#0f5c43") }, ("held", "#7bb59b"), ("left", "#d5eade")];
    let cells = bar.shares().into_iter().zip(looks).filter(|(share, _)| *share > 0);
    html! {
        table role="img" aria-label=(bar.sentence()) width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:6px 0 6px;border-collapse:collapse" {
            tr {
                @for (share, (class, colour)) in cells {
                    td class=(class) width={ (share) "%" } height="14" bgcolor=(colour) style={ "background:" (colour) ";height:14px;font-size:1px;line-height:14px;padding:0" } { "\u{a0}" }
                }
            }
        }
        p.soft style="margin:0 0 16px;font-size:13px;color:#6b6f76" {
            @for (at, (quantity, word)) in bar.figures().into_iter().enumerate() {
                @if at > 0 { " \u{a0} " }
                b.ink style="color:#22262e" { (quantity) } " " (word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(used: i64, held: i64, left: i64) -> [i64; 3] {
        Bar { used: Quantity::seconds(used), held: Quantity::seconds(held), left: Quantity::seconds(left) }.shares()
    }

    #[test]
    fn the_cells_of_a_bar_fill_it_and_none_that_is_there_vanishes() {
        assert_eq!(shares(5_400, 5_400, 25_200), [15, 15, 70]);
        assert_eq!(shares(1, 1, 1_000_000), [1, 1, 98]);
        assert_eq!(shares(1, 1, 1).iter().sum::<i64>(), 100);
        assert_eq!((shares(0, 0, 0), shares(7_200, 0, -3_600)), ([0, 0, 100], [100, 0, 0]));
    }
}
