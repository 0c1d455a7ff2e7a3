//! The points of a search: each combination, repeated over folds and seeds.

use super::{
    Strategy, Tune,
    combine::Combination,
    names::{FOLD, Repeat, SEED},
};
use crate::{
    data::Preprocess,
    engine::{
        Complaint, Stage,
        stage::{Point, Setting, SettingValue, Whose},
    },
};
use std::collections::HashMap;

/// One training of the search.
pub struct TrialPoint {
    /// What stands in the brackets of its stage's name.
    pub name: String,
    /// Its combination's place among all.
    pub place: usize,
    pub combination: Combination,
    pub repeat: Repeat,
}

impl Tune {
    /// All trainings in the order of the combinations, then folds, then seeds.
    pub fn trial_points(&self) -> Vec<TrialPoint> {
        let repeats = (0..self.folds.get())
            .flat_map(|fold| (0..self.seeds.get()).map(move |seed| Repeat { fold, seed }));
        let mut points = Vec::new();
        for (place, combination) in self.combinations().into_iter().enumerate() {
            points.extend(repeats.clone().map(|repeat| TrialPoint {
                name: self.point_name(&combination, repeat),
                place,
                combination: combination.clone(),
                repeat,
            }));
        }
        points
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
        Point { name: point.name.clone(), settings }
    }

    /// What is wrong with the points of a search that is right so far.
    pub fn complaint_of_points(&self, points: &[Point]) -> Option<Complaint> {
        let say = |place: &str, message: String, help: String| {
            Some(Complaint { place: place.into(), message, help: Some(help) })
        };
        let found = points.len() / (self.folds.get() * self.seeds.get()) as usize;
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
