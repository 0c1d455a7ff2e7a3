//! A reader of `trials.csv` that knows nothing of the report, and what it takes to check one.

use std::collections::BTreeMap;

/// What stands in one `trials.csv`.
pub struct Trials {
    pub parameters: Vec<String>,
    pub rows: Vec<Row>,
}

/// One trial; without a figure it failed.
pub struct Row {
    /// By parameter, `fold` and `seed` included.
    pub values: BTreeMap<String, String>,
    pub objective: Option<f64>,
}

impl Trials {
    pub fn read(text: &str) -> Trials {
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        let headings: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
        let parameters = headings[place("combination") + 1..place("fold")].to_vec();
        let varied: Vec<String> =
            parameters.iter().cloned().chain(["fold", "seed"].map(str::to_owned)).collect();
        let row = |record: csv::StringRecord| {
            let value = |name: &String| {
                let text = &record[place(name)];
                (name.clone(), if text.is_empty() { "–".to_owned() } else { text.to_owned() })
            };
            Row {
                values: varied.iter().map(value).collect(),
                objective: record[place("objective")].parse().ok(),
            }
        };
        let rows = csv.records().map(|record| row(record.unwrap())).collect();
        Trials { parameters, rows }
    }

    /// The values of a parameter for which there is any figure.
    pub fn values(&self, parameter: &str) -> Vec<String> {
        let scored = self.rows.iter().filter(|row| row.objective.is_some());
        let mut values: Vec<String> = scored.map(|row| row.values[parameter].clone()).collect();
        values.sort();
        values.dedup();
        values
    }

    /// The figures by all that trials have in common but for the parameter.
    fn alike(&self, parameter: &str) -> BTreeMap<Vec<String>, BTreeMap<String, f64>> {
        let mut sets: BTreeMap<Vec<String>, BTreeMap<String, f64>> = BTreeMap::new();
        for row in &self.rows {
            let Some(objective) = row.objective else { continue };
            let rest = row.values.iter().filter(|(name, _)| *name != parameter);
            let rest = rest.map(|(_, value)| value.clone()).collect();
            sets.entry(rest).or_default().insert(row.values[parameter].clone(), objective);
        }
        sets
    }

    /// The mean of each value over the sets that have all values, or over all where none has.
    pub fn means(&self, parameter: &str) -> BTreeMap<String, f64> {
        let all = self.values(parameter).len();
        let sets = self.alike(parameter);
        let whole: Vec<_> = sets.values().filter(|set| set.len() == all).collect();
        let used: Vec<_> = if whole.is_empty() { sets.values().collect() } else { whole };
        let mean = |value: String| {
            let figures: Vec<f64> =
                used.iter().filter_map(|set| set.get(&value).copied()).collect();
            (value, figures.iter().sum::<f64>() / figures.len() as f64)
        };
        self.values(parameter).into_iter().map(mean).collect()
    }

    /// First less second in each pair of trials that differ in nothing else.
    pub fn differences(&self, parameter: &str, first: &str, second: &str) -> Vec<f64> {
        let sets = self.alike(parameter);
        sets.values().filter_map(|set| Some(set.get(first)? - set.get(second)?)).collect()
    }

    /// The mean over settings of how far the figures of their repeats lie apart.
    pub fn chance(&self, repeat: &str) -> Option<f64> {
        let ranges: Vec<f64> = self
            .alike(repeat)
            .values()
            .filter(|set| set.len() > 1)
            .map(|set| {
                let mut figures: Vec<f64> = set.values().copied().collect();
                figures.sort_by(f64::total_cmp);
                figures[figures.len() - 1] - figures[0]
            })
            .collect();
        (!ranges.is_empty()).then(|| ranges.iter().sum::<f64>() / ranges.len() as f64)
    }
}

/// Student's interval of a mean that leaves out `alpha`; `None` of one number.
pub fn interval(numbers: &[f64], alpha: f64) -> Option<(f64, f64)> {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let squares: f64 = numbers.iter().map(|x| (x - mean).powi(2)).sum();
    let half = student(alpha, n - 1.0) * (squares / (n - 1.0) / n).sqrt();
    (numbers.len() > 1).then_some((mean - half, mean + half))
}

/// The t that |T| exceeds with probability `alpha`: with t = √df·tan θ the density of T is that of
/// cosᵈᶠ⁻¹ θ, whose integral is summed by Simpson's rule until what is left of it is `alpha`.
fn student(alpha: f64, df: f64) -> f64 {
    const STEPS: usize = 20_000;
    let quarter = std::f64::consts::FRAC_PI_2;
    let step = quarter / STEPS as f64;
    let density = |theta: f64| theta.cos().max(0.0).powf(df - 1.0);
    let slice = |i: usize| {
        let at = i as f64 * step;
        step / 6.0 * (density(at) + 4.0 * density(at + step / 2.0) + density(at + step))
    };
    let whole: f64 = (0..STEPS).map(slice).sum();
    let mut tail = 0.0;
    for i in (0..STEPS).rev() {
        let next = tail + slice(i);
        if next >= alpha * whole {
            let part = (alpha * whole - tail) / (next - tail);
            return df.sqrt() * ((i + 1) as f64 * step - part * step).tan();
        }
        tail = next;
    }
    0.0
}

#[test]
fn students_quantiles_are_those_of_the_tables() {
    for (alpha, df, t) in
        [(0.05, 1.0, 12.7062), (0.05, 10.0, 2.2281), (0.01, 5.0, 4.0321), (0.025, 71.0, 2.2900)]
    {
        let found = student(alpha, df);
        assert!((found - t).abs() < 2e-3, "{alpha} {df}: {found}");
    }
}
