//! What a file is, told by its first bytes.

/// How many bytes of a file are looked at.
pub(super) const LOOKED_AT: usize = 8 * 1024;

/// Pictures that browsers show and that hold no program.
const PICTURES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What else is called by its name. Anything that a browser would run or draw from text (HTML, SVG, XML) is not among
/// them.
const KNOWN: &[&str] = &[
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/x-7z-compressed",
    "application/x-tar",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "audio/mpeg",
    "audio/ogg",
    "audio/x-wav",
    "image/avif",
    "image/bmp",
    "image/heif",
    "image/tiff",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];

/// The type of a file's bytes, one of a short list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media(&'static str);

impl Media {
    /// What is not known.
    pub const BYTES: Self = Self("application/octet-stream");
    /// What is compressed with gzip, as archives are.
    pub const GZIP: Self = Self("application/gzip");
    /// Text, which no browser reads anything into.
    pub const TEXT: Self = Self("text/plain");

    /// What begins like this.
    pub fn of(head: &[u8]) -> Self {
        let found = infer::get(head).map(|kind| kind.mime_type());
        let known = |kind: &str| PICTURES.iter().chain(KNOWN).find(|known| **known == kind).map(|known| Self(known));
        match found {
            Some(kind) => known(kind).unwrap_or(Self::BYTES),
            None if is_text(head) => Self::TEXT,
            None => Self::BYTES,
        }
    }

    /// As it was kept. What is not on the list, from wherever it came, is bytes.
    pub fn stored(text: &str) -> Self {
        let known = PICTURES.iter().chain(KNOWN).find(|known| **known == text);
        known.map_or(if text == Self::TEXT.0 { Self::TEXT } else { Self::BYTES }, |known| Self(known))
    }

    /// As headers say it.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether browsers may show it in a page.
    pub fn is_picture(self) -> bool {
        PICTURES.contains(&self.0)
    }
}

/// Whether it is UTF-8 without control characters but for those of layout. The last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or("\0"),
        Err(_) => return false,
    };
    !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is_and_what_browsers_could_run_is_never_said() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(Media::of(png).as_str(), "image/png");
        assert!(Media::of(png).is_picture());
        assert_eq!(Media::of(b"\xff\xd8\xff\xe0\0\x10JFIF").as_str(), "image/jpeg");
        assert_eq!(Media::of(b"%PDF-1.7\n").as_str(), "application/pdf");
        assert_eq!(Media::of("Smörgås\n".as_bytes()), Media::TEXT);
        for program in [
            "<!DOCTYPE html><script>alert(1)</script>",
            "<html><body onload=x>",
            "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
            "<?xml version='1.0'?><svg/>",
            "  <script>x</script>",
            "#!/bin/sh\n",
        ] {
            let media = Media::of(program.as_bytes());
            assert!(media == Media::TEXT || media == Media::BYTES, "{program}: {media:?}");
        }
        assert_eq!(Media::of(b"MZ\x90\0\x03"), Media::BYTES);
        assert_eq!(Media::of(b"\0\x01\x02"), Media::BYTES);
        assert_eq!(Media::stored("text/html"), Media::BYTES);
        assert_eq!(Media::stored("image/svg+xml"), Media::BYTES);
    }
}
