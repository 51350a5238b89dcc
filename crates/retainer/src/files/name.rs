//! The name that a file is kept under: what somebody's program called it, cleaned.

use std::fmt;
use std::str::FromStr;

use kernel::text::is_treacherous;

/// The most characters of a name.
const MOST: usize = 120;

/// A cleaned name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

/// Never: whatever a file is called, it gets a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no name of a file")]
pub struct FileNameError;

impl FileName {
    /// Cleans a name. Folders, control characters and those that turn the direction of writing go, because the ending of
    /// a name must be what it looks like; so do dots and spaces at its ends. What is too long loses from its middle.
    pub fn clean(given: &str) -> Self {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: String = last.chars().filter(|letter| !is_treacherous(*letter)).collect();
        let kept: String = kept.chars().map(|letter| if "<>:\"|?*".contains(letter) { '_' } else { letter }).collect();
        let kept = kept.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
        if kept.is_empty() {
            return Self("file".to_owned());
        }
        Self(shortened(kept))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = FileNameError;
    fn from_str(text: &str) -> Result<Self, FileNameError> {
        Ok(Self::clean(text))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The beginning and the ending of a name that is too long.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= MOST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= 12);
    let ending = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
    let kept: String = name.chars().take(MOST - ending.chars().count()).collect();
    format!("{kept}{ending}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_what_it_looks_like_and_leads_nowhere() {
        let clean = |given: &str| FileName::clean(given).to_string();
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("C:\\Users\\ann\\Plan.pdf"), "Plan.pdf");
        assert_eq!(clean("invoice\u{202E}fdp.exe"), "invoicefdp.exe");
        assert_eq!(clean("a\r\nSet-Cookie: x=1.txt"), "aSet-Cookie_ x=1.txt");
        assert_eq!(clean(" ...  "), "file");
        assert_eq!(clean(".htaccess"), "htaccess");
        assert_eq!(clean("Smörgås \"1\".png"), "Smörgås _1_.png");
        let long = clean(&format!("{}.jpeg", "ö".repeat(500)));
        assert!(long.ends_with("ö.jpeg") && long.chars().count() == MOST, "{long}");
    }

    proptest! {
        #[test]
        fn every_name_is_short_and_clean_and_stays_when_cleaned_again(given in "\\PC{0,300}|[\\x00-\\x7f]{0,50}") {
            let once = FileName::clean(&given);
            prop_assert!((1..=MOST).contains(&once.as_str().chars().count()));
            prop_assert!(!once.as_str().contains(['/', '\\', '\r', '\n', '\0', '"']));
        }
    }
}
