//! Moments as people and standards write them; it reads no clock.

/// A moment in UTC, to the minute: `2026-11-23 06:47 UTC`.
pub fn when(seconds_since_1970: u64) -> String {
    let (year, month, day) = civil(seconds_since_1970 / 86_400);
    let rest = seconds_since_1970 % 86_400;
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest % 3600 / 60)
}

/// A moment in UTC as RFC 3339 has it, to the millisecond: `2026-11-23T06:47:00.250+00:00`.
pub fn rfc3339(milliseconds_since_1970: u64) -> String {
    let (seconds, milliseconds) = (milliseconds_since_1970 / 1000, milliseconds_since_1970 % 1000);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}+00:00"
    )
}

/// Year, month and day from days since 1970 (Howard Hinnant, *chrono-compatible low-level date
/// algorithms*, `civil_from_days`).
fn civil(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{rfc3339, when};

    #[test]
    fn moments_are_said_in_utc() {
        assert_eq!(when(0), "1970-01-01 00:00 UTC");
        assert_eq!(when(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(when(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(when(1_795_416_420), "2026-11-23 06:47 UTC");
    }

    #[test]
    fn standards_are_given_milliseconds_and_an_offset() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(rfc3339(951_868_799_999), "2000-02-29T23:59:59.999+00:00");
        assert_eq!(rfc3339(1_795_416_420_250), "2026-11-23T06:47:00.250+00:00");
    }
}
