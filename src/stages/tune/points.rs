//! The points of a search: each combination, repeated over folds and seeds.

use super::{
    Strategy, Tune,
    combine::Combination,
    names::{EPOCHS, FOLD, Repeat, SEED},
    rung::{Candidate, Rung},
};
use crate::{
    data::Preprocess,
    engine::{
        Complaint, Stage,
        stage::{Gate, Point, Setting, SettingValue, Whose},
    },
};
use std::{collections::HashMap, num::NonZeroUsize};

/// One training of the search.
pub struct TrialPoint {
    /// What stands in the brackets of its stage's name.
    pub name: String,
    /// How many times it was promoted, if it runs.
    pub rung: usize,
    /// Its combination's place among all.
    pub place: usize,
    pub combination: Combination,
    pub repeat: Repeat,
}

impl Tune {
    /// All trainings rung by rung, each in the order of the combinations, then folds, then seeds.
    pub fn trial_points(&self) -> Vec<TrialPoint> {
        let combinations = self.combinations();
        (0..self.rungs()).flat_map(|rung| self.on_rung(rung, &combinations)).collect()
    }

    /// How many rungs there are; one without halving.
    fn rungs(&self) -> usize {
        self.halving.as_ref().map_or(1, |halving| halving.epochs.len())
    }

    fn on_rung(&self, rung: usize, combinations: &[Combination]) -> Vec<TrialPoint> {
        let repeats = (0..self.folds.get())
            .flat_map(|fold| (0..self.seeds.get()).map(move |seed| Repeat { fold, seed }));
        let epochs = self.halving.as_ref().and_then(|halving| halving.epochs.get(rung));
        let epochs = epochs.map_or(String::new(), |epochs| format!(",{EPOCHS}={epochs}"));
        let (labels, mut points) = (self.labels(), Vec::new());
        for (place, combination) in combinations.iter().enumerate() {
            points.extend(repeats.clone().map(|repeat| TrialPoint {
                name: self.point_name(&labels, combination, repeat) + &epochs,
                rung,
                place,
                combination: combination.clone(),
                repeat,
            }));
        }
        points
    }

    /// The gates between the rungs.
    pub fn gates_between(&self) -> Vec<Gate> {
        let Some(halving) = self.halving.as_ref().filter(|_| self.complaints().is_empty()) else {
            return Vec::new();
        };
        let combinations = self.combinations();
        let repeats = (self.folds.get() * self.seeds.get()) as usize;
        let names = |rung| -> Vec<Vec<String>> {
            let points = self.on_rung(rung, &combinations);
            let names: Vec<String> = points.into_iter().map(|point| point.name).collect();
            names.chunks(repeats).map(<[String]>::to_vec).collect()
        };
        let mut keep = combinations.len();
        let gate = |rung: usize| {
            keep = keep.div_ceil(halving.factor.get() as usize).max(1);
            let pairs = names(rung).into_iter().zip(names(rung + 1));
            let candidates = pairs.map(|(below, above)| Candidate { below, above }).collect();
            let (objective, keep) = (self.objective, NonZeroUsize::new(keep)?);
            let params = serde_json::to_value(Rung { objective, keep, candidates }).ok()?;
            Some(Gate { kind: Rung::KIND, name: format!("rung={}", rung + 1), params })
        };
        (0..self.rungs().saturating_sub(1)).filter_map(gate).collect()
    }

    /// The point as the engine wants it.
    pub fn point(&self, point: &TrialPoint) -> Point {
        let settings = point.combination.0.iter().map(|chosen| Setting {
            key: chosen.key.clone(),
            of: Whose::Template,
            value: SettingValue::To(chosen.value.clone()),
            place: chosen.place.clone(),
        });
        let mut settings: Vec<_> = settings.collect();
        if self.folds.get() > 1 {
            settings.push(Setting {
                key: format!("split.{FOLD}"),
                of: Whose::Upstream(Preprocess::KIND),
                value: SettingValue::Plus(point.repeat.fold.into()),
                place: "folds".into(),
            });
        }
        if self.seeds.get() > 1 {
            settings.push(Setting {
                key: SEED.into(),
                of: Whose::Template,
                value: SettingValue::Plus(point.repeat.seed.into()),
                place: "seeds".into(),
            });
        }
        if let Some(epochs) = self.halving.as_ref().and_then(|h| h.epochs.get(point.rung)) {
            settings.push(Setting {
                key: EPOCHS.into(),
                of: Whose::Template,
                value: SettingValue::To(epochs.get().into()),
                place: format!("halving.epochs[{}]", point.rung),
            });
        }
        Point { name: point.name.clone(), settings, rung: point.rung }
    }

    /// What is wrong with the points of a search that is right so far.
    pub fn complaint_of_points(&self, points: &[Point]) -> Option<Complaint> {
        let say = |place: &str, message: String, help: String| {
            Some(Complaint { place: place.into(), message, help: Some(help) })
        };
        let each = self.rungs() * (self.folds.get() * self.seeds.get()) as usize;
        let found = points.len() / each.max(1);
        match &self.search {
            Strategy::Grid if found == 0 => {
                let message = "nothing of the grid is left".into();
                return say("exclude", message, "exclude less".into());
            }
            Strategy::Random(draws) | Strategy::QuasiRandom(draws)
                if found < draws.points.get() as usize =>
            {
                let message = format!("only {found} different points can be drawn");
                return say("search", message, "ask for fewer points".into());
            }
            _ => {}
        }
        let mut seen: HashMap<&str, &Point> = HashMap::new();
        for point in points {
            if let Some(other) = seen.insert(&point.name, point) {
                let differs = |setting: &&Setting| {
                    let theirs = other.settings.iter().find(|s| s.key == setting.key);
                    theirs.is_none_or(|theirs| theirs.value != setting.value)
                };
                let key = point.settings.iter().find(differs).map_or("", |s| &s.key);
                let message = format!("two points are called `{}`", point.name);
                let help = format!("they differ in `{key}`: put `{{{}}}` into it", self.short(key));
                return say("name", message, help);
            }
        }
        None
    }
}
