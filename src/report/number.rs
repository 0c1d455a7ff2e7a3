//! How numbers are written on the page: the same decimals everywhere, and never a NaN.

/// Stands for a number that is missing or not finite.
pub(super) const DASH: &str = "–";

/// `4376` → `4,376`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `(1, "image")` → `1 image`, `(4376, "image")` → `4,376 images`.
pub(super) fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// AUC, loss and their like, to four decimals; very large or small ones with an exponent.
pub(super) fn score(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => DASH.to_owned(),
        size if size >= 1e5 || (size > 0.0 && size < 5e-5) => format!("{value:.2e}"),
        _ => plain(format!("{value:.4}")),
    }
}

/// A setting such as a learning rate: as many digits as it has, up to six.
pub(super) fn exact(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    // Through the text of six significant digits, so that 0.1 + 0.2 is 0.3.
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if rounded != 0.0 && rounded.abs() < 1e-5 {
        format!("{rounded:e}")
    } else {
        rounded.to_string()
    }
}

/// A difference with its sign: `+0.0123`, `−0.0040`, `0.0000`.
pub(super) fn signed(value: f64) -> String {
    let text = score(value.abs());
    match value {
        _ if !value.is_finite() => text,
        _ if !text.contains(|c: char| ('1'..='9').contains(&c)) => text,
        value if value < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// A probability of chance: `0.031`, or `< 0.001`.
pub(super) fn p_value(p: f64) -> String {
    match p {
        _ if !p.is_finite() => DASH.to_owned(),
        p if p < 0.001 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// A share between 0 and 1 as a percentage to one decimal: `0.8912` → `89.1%`.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { plain(format!("{:.1}%", share * 100.0)) } else { DASH.to_owned() }
}

/// A difference of shares in percentage points: `0.0512` → `5.1 points`.
pub(super) fn points(difference: f64) -> String {
    format!("{:.1} points", difference * 100.0)
}

/// `part` of `whole`, zero where there is nothing to take part of.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The number as `write` has it, or a dash.
pub(super) fn or_dash(value: Option<f64>, write: fn(f64) -> String) -> String {
    value.map_or(DASH.to_owned(), write)
}

/// A coordinate in an SVG, to a tenth of a pixel. Callers leave out what is not finite; should one
/// slip through it lands at 0 and the page stays well-formed.
pub(super) fn coordinate(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = plain(format!("{value:.1}"));
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// Drops the sign of a zero that rounding left negative.
pub(super) fn plain(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if !rest.contains(|c: char| ('1'..='9').contains(&c)) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let written = [0, 7, 999, 1_000, 220_025, 1_234_567].map(count);
        assert_eq!(written, ["0", "7", "999", "1,000", "220,025", "1,234,567"]);
        assert_eq!((plural(1, "image"), plural(0, "image")), ("1 image".into(), "0 images".into()));
    }

    #[test]
    fn decimals_are_consistent() {
        let written = [0.95, 1.0, -0.000_000_01, 1e-5, 123_456.0, -0.0].map(score);
        assert_eq!(written, ["0.9500", "1.0000", "-1.00e-8", "1.00e-5", "1.23e5", "0.0000"]);
        assert_eq!([0.8912, 1.0, -0.0001].map(percent), ["89.1%", "100.0%", "0.0%"]);
        assert_eq!([10.0, 10.04, 3.25, -0.01].map(coordinate), ["10", "10", "3.2", "0"]);
    }

    #[test]
    fn what_is_not_finite_is_a_dash() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([score(value), percent(value)], [DASH, DASH]);
            assert_eq!(coordinate(value), "0");
        }
        assert_eq!(or_dash(None, score), DASH);
    }
}
