//! How numbers and lists are put into sentences.

use super::number::{count, percent, plain};
use super::values::Interval;

/// `50.0% (95% interval 45.7% to 54.3%)`.
pub(super) fn shares(share: &Interval) -> String {
    let (low, high) = (percent(share.low), percent(share.high));
    format!("{} (95% interval {low} to {high})", percent(share.value))
}

/// `0.892 (95% interval 0.843 to 0.941)`.
pub(super) fn estimate(number: &Interval, write: fn(f64) -> String) -> String {
    let (value, low, high) = (write(number.value), write(number.low), write(number.high));
    format!("{value} (95% interval {low} to {high})")
}

/// Three decimals.
pub(super) fn three(value: f64) -> String {
    if value.is_finite() { plain(format!("{value:.3}")) } else { "–".to_owned() }
}

/// Two decimals.
pub(super) fn two(value: f64) -> String {
    if value.is_finite() { plain(format!("{value:.2}")) } else { "–".to_owned() }
}

/// One decimal.
pub(super) fn one(value: f64) -> String {
    if value.is_finite() { plain(format!("{value:.1}")) } else { "–".to_owned() }
}

/// A whole number, with thousands separated.
pub(super) fn whole(value: f64) -> String {
    match value.abs() {
        size if size < 1e15 => {
            let digits = count(libm::round(size) as u64);
            if value <= -0.5 { format!("-{digits}") } else { digits }
        }
        _ => "–".to_owned(),
    }
}

/// To about three digits, whatever the size.
pub(super) fn number(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 99.5 => return whole(value),
        size if size >= 9.95 => one(value),
        size if size >= 0.995 => two(value),
        _ => three(value),
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists() {
        assert_eq!(
            [0.4, -0.4, -1234.6, 5678.0, f64::NAN].map(whole),
            ["0", "0", "-1,235", "5,678", "–"]
        );
        let items = ["a", "b", "c"].map(String::from);
        assert_eq!(
            [list(&items[..1]), list(&items[..2]), list(&items)],
            ["a", "a and b", "a, b and c"]
        );
        let share = Interval { value: 0.5, low: 0.4, high: 0.6 };
        assert_eq!(shares(&share), "50.0% (95% interval 40.0% to 60.0%)");
    }
}
