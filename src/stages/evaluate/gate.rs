//! Gates: what a model must reach, such as `auc.lower >= 0.90`, read before anything runs.

use super::super::evaluation::{Evaluation, GateVerdict, ModelEvaluation};
use crate::{engine::pipeline::nearest_of, metrics::Metric};
use std::fmt;

/// A figure of a model and the bound that it must keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The model named, or `None` for the best.
    pub model: Option<String>,
    metric: Metric,
    part: Part,
    comparison: Comparison,
    bound: f64,
}

/// The figure itself, or an end of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Value,
    Lower,
    Upper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// The longer ones first, since `>` begins `>=`.
const COMPARISONS: [(&str, Comparison); 4] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
];

/// What is wrong with a gate, and what to do.
pub type Unread = (String, String);

impl Gate {
    /// Reads `[MODEL.]METRIC[.lower|.upper] COMPARISON NUMBER`.
    ///
    /// # Errors
    /// What is wrong with it, and the nearest known name.
    pub fn read(text: &str) -> Result<Gate, Unread> {
        let found = COMPARISONS.iter().find_map(|(sign, comparison)| {
            text.split_once(sign).map(|(figure, bound)| (figure, *comparison, bound))
        });
        let Some((figure, comparison, bound)) = found else {
            let help = "write it as `auc.lower >= 0.9`, with >=, <=, > or <";
            return Err((format!("the gate `{text}` compares nothing"), help.into()));
        };
        let bound: f64 = match bound.trim().parse() {
            Ok(bound) if f64::is_finite(bound) => bound,
            _ => {
                let message = format!("`{}` in the gate `{text}` is not a number", bound.trim());
                return Err((message, "write it as `auc.lower >= 0.9`".into()));
            }
        };
        let (model, metric, part) = read_figure(figure.trim(), text)?;
        Ok(Gate { model, metric, part, comparison, bound })
    }

    /// Holds the evaluation against the gate.
    pub fn judge(&self, evaluation: &Evaluation) -> GateVerdict {
        let model = match &self.model {
            Some(name) => evaluation.models.iter().find(|m| m.model == *name),
            None => evaluation.best(),
        };
        let value = model.and_then(|model| self.value(model));
        let met = value.is_some_and(|value| self.is_met_by(value));
        let missed_by = match (model, value) {
            _ if met => String::new(),
            (Some(model), Some(value)) => self.distance(&model.model, value),
            (Some(model), None) => format!("it is undefined for `{}`", model.model),
            (None, _) => "no model was scored".into(),
        };
        let model = model.map(|model| model.model.clone());
        GateVerdict { gate: self.to_string(), model, value, met, missed_by }
    }

    fn value(&self, model: &ModelEvaluation) -> Option<f64> {
        match self.part {
            Part::Value => model.scores.get(self.metric),
            Part::Lower => model.interval(self.metric).map(|interval| interval.lower),
            Part::Upper => model.interval(self.metric).map(|interval| interval.upper),
        }
    }

    fn is_met_by(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => value >= self.bound,
            Comparison::AtMost => value <= self.bound,
            Comparison::Above => value > self.bound,
            Comparison::Below => value < self.bound,
        }
    }

    /// By how much the gate was missed.
    fn distance(&self, model: &str, value: f64) -> String {
        let side = match self.comparison {
            Comparison::AtLeast | Comparison::Above => "low",
            Comparison::AtMost | Comparison::Below => "high",
        };
        let distance = (value - self.bound).abs();
        // Four decimals, or two digits that are not 0 where it was missed by less.
        let distance = match distance {
            d if d >= 5e-5 => format!("{d:.4}"),
            d => format!("{d:.1e}"),
        };
        format!("`{model}` has {value:.4}, which is {distance} too {side}")
    }
}

/// The model, the metric and its part.
fn read_figure(figure: &str, gate: &str) -> Result<(Option<String>, Metric, Part), Unread> {
    let (rest, part) = match figure.rsplit_once('.') {
        Some((rest, "lower")) => (rest, Part::Lower),
        Some((rest, "upper")) => (rest, Part::Upper),
        _ => (figure, Part::Value),
    };
    let (model, name) = match rest.rsplit_once('.') {
        Some((model, name)) => (Some(model), name),
        None => (None, rest),
    };
    if let Some(metric) = Metric::of_name(name) {
        return Ok((model.map(str::to_string), metric, part));
    }
    // `auc.lowr` reads as the metric `lowr` of a model `auc`.
    if let Some(metric) = model.filter(|m| Metric::of_name(m).is_some()) {
        let message = format!("`{metric}` has no `{name}` in the gate `{gate}`");
        return Err((message, nearest_of(name, &["lower", "upper"])));
    }
    let known = Metric::ALL.map(Metric::name);
    Err((format!("no metric is called `{name}` in the gate `{gate}`"), nearest_of(name, &known)))
}

impl fmt::Display for Gate {
    /// As a careful user would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(model) = &self.model {
            write!(f, "{model}.")?;
        }
        let part = match self.part {
            Part::Value => "",
            Part::Lower => ".lower",
            Part::Upper => ".upper",
        };
        let sign = COMPARISONS.iter().find(|(_, c)| *c == self.comparison).map_or("", |c| c.0);
        write!(f, "{}{part} {sign} {}", self.metric.name(), self.bound)
    }
}
