//! Media types by the endings of names.

/// The media type of a file, as registered with IANA; `application/octet-stream` for what has none.
pub fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    match ending.map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("bmp") => "image/bmp",
        Some("csv") => "text/csv",
        Some("gz") => "application/gzip",
        Some("html" | "htm") => "text/html",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("json") => "application/json",
        Some("md") => "text/markdown",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("tif" | "tiff") => "image/tiff",
        Some("toml" | "lock") => "application/toml",
        Some("txt" | "log") => "text/plain",
        Some("webp") => "image/webp",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn the_last_ending_of_the_last_part_counts() {
        assert_eq!(media_type("curves/roc.CSV"), "text/csv");
        assert_eq!(media_type("a.csv/b"), "application/octet-stream");
        assert_eq!(media_type("model.safetensors"), "application/octet-stream");
    }
}
