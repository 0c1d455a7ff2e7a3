//! A toy search, and the gate between its two rungs.

use crate::toys::{NamedTexts, Text, named};
use microtome::engine::{
    Complaint, Context, Given, Inputs, Missing, Port, Stage, StageError,
    stage::{Arity, Gate, Naming, Point, Setting, SettingValue, Template, Whose},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A search over the parameters of a `say`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    grid: std::collections::BTreeMap<String, Vec<serde_json::Value>>,
    #[serde(default)]
    seeds: u64,
    /// Lets the points with so many of the longest texts speak twice.
    #[serde(default)]
    twice: usize,
}
pub struct Tried {
    texts: NamedTexts,
    missing: Vec<Missing>,
}
impl Inputs for Tried {
    const PORTS: &'static [Port] =
        &[Port { name: "points", accepts: &["text"], arity: Arity::Points, naming: Naming::Named }];
    fn gather(given: &Given) -> Result<Tried, StageError> {
        let missing = given.missing("points").to_vec();
        Ok(Tried { texts: named(given, "points")?, missing })
    }
}
impl Stage for Try {
    const KIND: &'static str = "try";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "tries one parameter";
    const TEMPLATE: Option<Template> = Some(Template { key: "say", kind: "say", port: "points" });
    type Inputs = Tried;
    type Output = Text;
    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>> {
        let mut points = Vec::new();
        for (key, values) in &self.grid {
            for (i, value) in values.iter().enumerate() {
                let place = format!("grid.{key}[{i}]");
                let to = SettingValue::To(value.clone());
                let of = Whose::Template;
                let setting = Setting { key: key.clone(), of, value: to, place };
                let name = format!("{key}={value}");
                if self.twice > 0 {
                    let to = SettingValue::To(serde_json::json!({ "repeat": { "times": 2 } }));
                    let again =
                        Setting { key: "style".into(), of, value: to, place: "twice".into() };
                    let settings = vec![setting.clone(), again];
                    points.push(Point { name: format!("{name},twice"), settings, rung: 1 });
                }
                points.push(Point { name, settings: vec![setting], rung: 0 });
            }
        }
        for seed in 0..self.seeds {
            let plus = SettingValue::Plus(seed);
            let (key, of, place) = ("seed".into(), Whose::Template, "seeds".into());
            let setting = Setting { key, of, value: plus, place };
            points.push(Point { name: format!("seed={seed}"), settings: vec![setting], rung: 0 });
        }
        Ok(points)
    }
    fn gates(&self) -> Vec<Gate> {
        let params = serde_json::json!({ "keep": self.twice });
        let gate = Gate { kind: "longest", name: "rung=1".into(), params };
        if self.twice > 0 { vec![gate] } else { vec![] }
    }
    fn run(&self, inputs: Tried, cx: &Context) -> Result<Text, StageError> {
        let found = inputs.texts.0.iter().map(|(n, t)| format!("{n}: {}\n", t.0));
        let missing = inputs.missing.iter().map(|m| format!("{}: failed: {}\n", m.name, m.why));
        Ok(Text(found.chain(missing).collect()).write(cx))
    }
}

/// A gate: the points with the longest texts speak twice.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Longest {
    keep: usize,
}
impl Stage for Longest {
    const KIND: &'static str = "longest";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "finds the longest texts";
    type Inputs = Tried;
    type Output = Text;
    fn lets_through(gate: &Text, point: &str) -> bool {
        let first = point.strip_suffix(",twice");
        first.is_some_and(|first| gate.0.lines().any(|line| line == first))
    }
    fn run(&self, inputs: Tried, cx: &Context) -> Result<Text, StageError> {
        let mut texts = inputs.texts.0;
        texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.0.len()));
        texts.truncate(self.keep);
        texts.sort_by(|a, b| a.0.cmp(&b.0));
        let inside = |name: &str| name["s[".len()..name.len() - 1].to_string();
        Ok(Text(texts.iter().map(|(name, _)| inside(name) + "\n").collect()).write(cx))
    }
}
