//! Settings that cannot be: found before anything is read, each with its place.

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is written: `optimizer.adam.lr`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The numbers that a setting may be; never NaN nor infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// x > 0
    Positive,
    /// x ≥ 0
    NotNegative,
    /// 0 ≤ x < 1
    BelowOne,
    /// 0 < x < 1
    Between,
    /// 0 ≤ x ≤ 1
    Share,
    /// x > 1
    AboveOne,
}

/// Checks the settings of one table.
pub(crate) struct Ranges {
    table: &'static str,
    pub faults: Vec<Fault>,
}

impl Range {
    fn holds(self, x: f64) -> bool {
        x.is_finite()
            && match self {
                Range::Positive => x > 0.0,
                Range::NotNegative => x >= 0.0,
                Range::BelowOne => (0.0..1.0).contains(&x),
                Range::Between => 0.0 < x && x < 1.0,
                Range::Share => (0.0..=1.0).contains(&x),
                Range::AboveOne => x > 1.0,
            }
    }

    fn words(self) -> &'static str {
        match self {
            Range::Positive => "above 0",
            Range::NotNegative => "0 or more",
            Range::BelowOne => "at least 0 and below 1",
            Range::Between => "above 0 and below 1",
            Range::Share => "between 0 and 1",
            Range::AboveOne => "above 1",
        }
    }
}

impl Ranges {
    /// Nothing checked yet of the table at `table`.
    pub fn of(table: &'static str) -> Ranges {
        Ranges { table, faults: Vec::new() }
    }

    /// Whether the setting `key`, called `name`, may be `value`.
    pub fn check(&mut self, key: &str, name: &str, value: f64, range: Range) {
        if !range.holds(value) {
            let help = (key == "lr").then_some("0.001 is a good start");
            self.add(key, format!("{name} is {value}, and must be {}", range.words()), help);
        }
    }

    /// A fault of another sort.
    pub fn add(&mut self, key: &str, message: String, help: Option<&str>) {
        let place = format!("{}.{key}", self.table);
        self.faults.push(Fault { place, message, help: help.map(str::to_owned) });
    }
}
