//! Numbers of bytes as people write and read them.

/// The units that are read; those of 1024 are written.
const UNITS: [(&str, u64); 11] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
    ("", 1),
];

/// `20GiB`, `1.5 TB`, `500MB` or `0`, in bytes.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim());
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let bytes = unit.zip(number.parse::<f64>().ok()).map(|((_, unit), n)| n * *unit as f64);
    match bytes {
        Some(bytes) if bytes < u64::MAX as f64 => Ok(bytes as u64),
        _ => Err("write a number with a unit, such as 20GiB, 500MB or 0".into()),
    }
}

/// Such as `1.2 MiB`.
pub fn said(bytes: u64) -> String {
    match UNITS[..4].iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, said};

    #[test]
    fn sizes_are_read_with_units_of_1024_and_of_1000() {
        assert_eq!(parse("20GiB"), Ok(20 << 30));
        assert_eq!(parse("500MB"), Ok(500_000_000));
        assert_eq!(parse("1.5 kib"), Ok(1536));
        assert_eq!(parse("0"), Ok(0));
        assert_eq!(parse("17 B"), Ok(17));
        let wrong = Err("write a number with a unit, such as 20GiB, 500MB or 0".to_string());
        for text in ["", "GiB", "-1", "1.2.3MB", "5 apples", "99999999999TiB", "1e3", "inf"] {
            assert_eq!(parse(text), wrong, "{text}");
        }
    }

    #[test]
    fn sizes_are_written_with_one_digit() {
        assert_eq!(said(0), "0 B");
        assert_eq!(said(1023), "1023 B");
        assert_eq!(said(1024), "1.0 KiB");
        assert_eq!(said(5 << 30), "5.0 GiB");
    }
}
