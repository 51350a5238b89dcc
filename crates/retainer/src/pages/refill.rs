//! Puts what somebody typed back into the form of a page that was rendered without it. The page is our own, so its HTML is
//! regular: attributes in double quotes, fields that name themselves.

use maud::{Markup, html};

/// The page with the form of this address filled in and its drawer open, and `said` at the form's head; none where the page
/// has no such form (any more).
pub fn refill(page: &str, action: &str, values: &[(String, String)], said: &Markup) -> Option<String> {
    // A form's address may carry what its page was narrowed down to.
    let wanted = [format!(" action=\"{}\"", escaped(action)), format!(" action=\"{}?", escaped(action))];
    let begin = page.match_indices("<form").map(|(at, _)| at).find(|at| {
        let tag = &page[*at..page[*at..].find('>').map_or(page.len(), |end| at + end)];
        wanted.iter().any(|wanted| tag.contains(wanted)) && tag.contains("method=\"post\"")
    })?;
    let inside = begin + page[begin..].find('>')? + 1;
    let end = inside + page[inside..].find("</form>")?;
    let mut out = opened(&page[..begin]);
    out.push_str(&page[begin..inside]);
    out.push_str(&said.0);
    out.push_str(&fields(&page[inside..end], values));
    out.push_str(&page[end..]);
    Some(out)
}

/// What stands before the form, with the drawer open that the form is in.
fn opened(before: &str) -> String {
    match before.rfind("<details class=\"drawer\"") {
        Some(at)
            if !before[at..].contains("</details>") && !before[at..].starts_with("<details class=\"drawer\" open") =>
        {
            let tag = at + "<details class=\"drawer\"".len();
            format!("{} open{}", &before[..tag], &before[tag..])
        }
        _ => before.to_owned(),
    }
}

fn fields(mut rest: &str, values: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut choosing = None;
    while let Some(at) = rest.find('<') {
        let Some(length) = rest[at..].find('>') else { break };
        let tag = &rest[at..=at + length];
        out.push_str(&rest[..at]);
        rest = &rest[at + length + 1..];
        let typed = attribute(tag, "name").map(|name| values.iter().find(|(known, _)| known == name));
        let typed = typed.map(|found| found.map(|(_, value)| value.as_str()));
        match (tag.split([' ', '>']).next().unwrap_or_default(), typed) {
            ("<textarea", Some(Some(text))) => {
                out.push_str(tag);
                out.push('\n');
                out.push_str(&escaped(text));
                rest = rest.find("</textarea>").map_or(rest, |end| &rest[end..]);
            }
            ("<select", Some(found)) => {
                choosing = found;
                out.push_str(tag);
            }
            ("</select", _) => {
                choosing = None;
                out.push_str(tag);
            }
            ("<option", _) if choosing.is_some() => {
                let is_chosen =
                    attribute(tag, "value").is_some_and(|value| choosing.is_some_and(|typed| escaped(typed) == value));
                let plain = tag.replace(" selected", "");
                out.push_str(&if is_chosen { plain.replacen("<option", "<option selected", 1) } else { plain });
            }
            ("<input", Some(found)) => out.push_str(&input(tag, found)),
            _ => out.push_str(tag),
        }
    }
    out.push_str(rest);
    out
}

/// An input with what was typed. A box that was not sent was not ticked; what is hidden is the page's own affair, and
/// secrets are not typed back.
fn input(tag: &str, typed: Option<&str>) -> String {
    match (attribute(tag, "type").unwrap_or("text"), typed) {
        ("checkbox", typed) => {
            let plain = tag.replace(" checked", "");
            if typed.is_some() { plain.replacen("<input", "<input checked", 1) } else { plain }
        }
        ("radio", Some(typed)) => {
            let is_chosen = attribute(tag, "value").is_some_and(|value| value == escaped(typed));
            let plain = tag.replace(" checked", "");
            if is_chosen { plain.replacen("<input", "<input checked", 1) } else { plain }
        }
        ("hidden" | "password" | "submit" | "file" | "radio", _) | (_, None) => tag.to_owned(),
        (_, Some(text)) => match attribute(tag, "value") {
            Some(old) => tag.replacen(&format!(" value=\"{old}\""), &format!(" value=\"{}\"", escaped(text)), 1),
            None => tag.replacen("<input", &format!("<input value=\"{}\"", escaped(text)), 1),
        },
    }
}

/// An attribute of a tag as it stands there, escaped.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let wanted = format!(" {name}=\"");
    let begin = tag.find(&wanted)? + wanted.len();
    tag[begin..].split('"').next()
}

fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<form method=\"post\" action=\"/a/x\"><input name=\"t\" value=\"other\"></form>\
        <details class=\"drawer\"><summary>S</summary><form method=\"post\" action=\"/a/y\">\
        <input type=\"hidden\" name=\"once\" value=\"new\"><input id=\"t\" name=\"t\" type=\"text\" value=\"\">\
        <input name=\"b\" type=\"checkbox\" value=\"true\" checked><input name=\"p\" type=\"password\" value=\"\">\
        <select name=\"s\"><option value=\"1\" selected>One</option><option value=\"2\">Two</option></select>\
        <textarea name=\"m\" rows=\"5\">\n</textarea></form></details>";

    fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_typed_stands_in_its_own_form_and_in_no_other() {
        let values = typed(&[("once", "old"), ("t", "a \"b\" > c"), ("s", "2"), ("m", "<b>\nlong"), ("p", "secret")]);
        let page = refill(PAGE, "/a/y", &values, &html! { p { "kept" } }).expect("the form is there");
        for seen in [
            "<details class=\"drawer\" open>",
            "<p>kept</p>",
            "name=\"t\" type=\"text\" value=\"a &quot;b&quot; &gt; c\"",
            "<option value=\"1\">",
            "<option selected value=\"2\">",
            "<textarea name=\"m\" rows=\"5\">\n&lt;b&gt;\nlong</textarea>",
            "name=\"once\" value=\"new\"",
            "value=\"other\"",
            "<input name=\"b\" type=\"checkbox\" value=\"true\">",
        ] {
            assert!(page.contains(seen), "{seen}: {page}");
        }
        assert!(!page.contains("secret"), "{page}");
        assert_eq!(refill(PAGE, "/a/z", &values, &html! {}), None);
    }

    #[test]
    fn a_script_that_was_typed_stays_words() {
        let values = typed(&[("m", "</textarea><script>x</script>"), ("t", "\"><script>x</script>")]);
        let page = refill(PAGE, "/a/y", &values, &html! {}).expect("the form is there");
        assert!(!page.contains("<script"), "{page}");
    }
}
