//! Names as parts of URIs (RFC 3986): what might be read as anything else is percent-encoded.

use std::fmt::Write;

/// A path with `/` between its parts, or any text, as a relative URI.
pub fn encoded(text: &str) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        // The unreserved characters, and the delimiters that stand in names of points.
        if byte.is_ascii_alphanumeric() || b"-._~/=,".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The name of something that is no file: `#step/cnn`.
pub fn local(parts: &[&str]) -> String {
    let encoded = parts.iter().map(|part| encoded(part).replace('/', "%2F"));
    format!("#{}", encoded.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::{encoded, local};

    #[test]
    fn only_what_cannot_be_misread_stands_for_itself() {
        assert_eq!(encoded("stages/cnn/model.json"), "stages/cnn/model.json");
        assert_eq!(encoded("s[lr=0.1,b=2]"), "s%5Blr=0.1,b=2%5D");
        assert_eq!(encoded("100% <b>é#?:+"), "100%25%20%3Cb%3E%C3%A9%23%3F%3A%2B");
        assert_eq!(local(&["step", "a/b"]), "#step/a%2Fb");
    }
}
