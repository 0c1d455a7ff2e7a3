//! What is wrong with a search before it is known what it varies: each with its place.

use super::{
    Strategy, Tune,
    condition::{Condition, is_asked},
    draw::DIMENSIONS,
    grid::{Domain, Product, identity},
    names::{EPOCHS, FOLD, SEED},
};
use crate::engine::Complaint;
use serde_json::Value;
use std::collections::HashSet;

/// More points than anybody trains: a slip of the keyboard.
const MOST: usize = 10_000;

/// On how many seeds and folds together each of them can be trained.
const MOST_REPEATS: u64 = 1_000;

/// How many stages a search may become: each is held in memory, judged and written down.
const MOST_STAGES: u64 = 1_000_000;

impl Tune {
    /// Everything that is wrong, in the order of the parameters.
    pub fn complaints(&self) -> Vec<Complaint> {
        let mut say = Complaints::default();
        self.about_grid(&mut say);
        self.about_zip(&mut say);
        self.about_conditions(&mut say);
        self.about_budget(&mut say);
        self.about_repeats(&mut say);
        self.about_halving(&mut say);
        self.about_names(&mut say);
        say.0
    }

    fn about_grid(&self, say: &mut Complaints) {
        if self.grid.keys().is_empty() {
            let help = "name a parameter and its values: `grid = { \"optimizer.adam.lr\" = [1e-2, 1e-3] }`";
            say.of("grid", "the grid is empty", help);
        }
        for (i, product) in self.grid.products.iter().enumerate() {
            for (key, domain) in product {
                self.about_domain(format!("{}.{key}", self.grid.place(i)), key, domain, say);
            }
        }
        let product_of_all = self.product_of_all();
        if product_of_all > MOST {
            let help = "take values away, or draw some: `search = { random = { points = 50 } }`";
            say.of("grid", format!("the grid has {product_of_all} points"), help);
        }
    }

    /// The points of all grids, before any is left out; a range counts as one value.
    fn product_of_all(&self) -> usize {
        let values = |domain: &Domain| match domain {
            Domain::List(values) => values.len(),
            _ => 1,
        };
        let points =
            |product: &Product| product.values().map(values).fold(1, usize::saturating_mul);
        self.grid.products.iter().map(points).fold(0, usize::saturating_add)
    }

    fn about_domain(&self, place: String, key: &str, domain: &Domain, say: &mut Complaints) {
        let (from, to) = match domain {
            Domain::List(values) => return self.about_list(place, key, values, say),
            Domain::Range(from, to) | Domain::Log(from, to) => (*from, *to),
            Domain::Integer(from, to) => (*from as f64, *to as f64),
        };
        if self.search == Strategy::Grid {
            let message = format!("`{key}` is a range, which has no end of values");
            let help = "list values, or draw some: `search = { quasi_random = { points = 20 } }`";
            return say.of(place, message, help);
        }
        if !(from.is_finite() && to.is_finite() && from < to) {
            let message = format!("`{key}` goes from {from} to {to}");
            return say.of(place, message, "the first number is the lower one");
        }
        if matches!(domain, Domain::Log(..)) && from <= 0.0 {
            let message = format!("`{key}` starts at {from}, which has no logarithm");
            say.of(place, message, "start above 0, or take `range`");
        }
    }

    fn about_list(&self, place: String, key: &str, values: &[Value], say: &mut Complaints) {
        let mut seen = HashSet::new();
        let zipped = self.zip.iter().flatten().any(|other| other == key);
        if values.is_empty() {
            let message = format!("`{key}` has no values to try");
            say.of(&*place, message, "list at least one value");
        } else if let Some(again) = values.iter().find(|value| !seen.insert(identity(value)))
            && !zipped
        {
            let message = format!("`{key}` lists {again} twice");
            say.of(&*place, message, "each point is trained once: remove one of them");
        }
        if values.iter().any(Value::is_null) {
            let message = format!("`{key}` lists a value that is not finite");
            say.of(&*place, message, "take a number");
        }
        let repeats = [(SEED, "seeds", self.seeds.get()), (FOLD, "folds", self.folds.get())];
        for (word, setting, n) in repeats {
            if n > 1 && (key == word || (word == FOLD && key.ends_with(".split.fold"))) {
                let message = format!("both `{setting}` and the grid vary the {word}");
                say.of(setting, message, "keep one of the two");
            }
        }
    }

    fn about_zip(&self, say: &mut Complaints) {
        for (g, group) in self.zip.iter().enumerate() {
            for (i, key) in group.iter().enumerate() {
                let place = format!("zip[{g}][{i}]");
                if !self.grid.keys().contains(&key.as_str()) {
                    say.of(place, format!("the grid does not vary `{key}`"), &self.varied());
                } else if self.zip[..g].iter().flatten().chain(&group[..i]).any(|k| k == key) {
                    let message = format!("`{key}` advances with two others");
                    say.of(place, message, "name it once");
                }
            }
            for product in &self.grid.products {
                self.about_lengths(g, group, product, say);
            }
        }
    }

    /// Parameters that advance together have as many values as each other.
    fn about_lengths(&self, g: usize, group: &[String], product: &Product, say: &mut Complaints) {
        let place = format!("zip[{g}]");
        let here: Vec<_> = group.iter().filter_map(|k| Some((k, product.get(k)?))).collect();
        if here.len() > 1 && here.len() < group.len() {
            let missing = group.iter().find(|key| !product.contains_key(*key));
            let message = format!("a grid has no `{}`", missing.map_or("", String::as_str));
            return say.of(place, message, "a grid has all of them, or one at most");
        }
        let count = |domain: &Domain| match domain {
            Domain::List(values) => Some(values.len()),
            _ => None,
        };
        if here.len() < 2 {
            return;
        }
        if let Some((key, _)) = here.iter().find(|(_, domain)| count(domain).is_none()) {
            let message = format!("`{key}` is a range, and only lists advance together");
            return say.of(place, message, "list its values");
        }
        let counts: Vec<_> = here.iter().filter_map(|(key, d)| Some((key, count(d)?))).collect();
        if counts.iter().any(|(_, n)| *n != counts[0].1) {
            let said: Vec<_> = counts.iter().map(|(key, n)| format!("`{key}` has {n}")).collect();
            let message = format!("values that advance together are as many: {}", said.join(", "));
            say.of(place, message, "give each the same number of values");
        }
    }

    fn about_conditions(&self, say: &mut Complaints) {
        for (key, condition) in &self.when {
            if !self.grid.keys().contains(&key.as_str()) {
                let message = format!("the grid does not vary `{key}`");
                say.of(format!("when.{key}"), message, &self.varied());
            }
            self.about_condition(&format!("when.{key}"), condition, say);
        }
        for (i, condition) in self.exclude.iter().enumerate() {
            if condition.is_empty() {
                let help = "name what to leave out: `{ batch_size = 64 }`";
                say.of(format!("exclude[{i}]"), "an empty condition excludes everything", help);
            }
            self.about_condition(&format!("exclude[{i}]"), condition, say);
        }
    }

    /// A condition that can never hold is a slip.
    fn about_condition(&self, place: &str, condition: &Condition, say: &mut Complaints) {
        for (key, asked) in condition {
            let place = format!("{place}.{key}");
            if !self.grid.keys().contains(&key.as_str()) {
                say.of(place, format!("the grid does not vary `{key}`"), &self.varied());
                continue;
            }
            let has = |product: &Product| match product.get(key) {
                Some(Domain::List(values)) => values.iter().any(|value| is_asked(asked, value)),
                Some(_) => true,
                None => false,
            };
            if !self.grid.products.iter().any(has) {
                let labels = self.labels();
                let shown = self.grid.values(key).into_iter().map(|v| labels.shown(key, v));
                let help = format!("its values are {}", shown.collect::<Vec<_>>().join(", "));
                say.of(place, format!("`{key}` is never {asked}"), &help);
            }
        }
    }

    fn about_budget(&self, say: &mut Complaints) {
        let (Strategy::Random(draws) | Strategy::QuasiRandom(draws)) = &self.search else {
            return;
        };
        if self.grid.keys().len() >= DIMENSIONS {
            let message = format!("a drawn search varies {} parameters at most", DIMENSIONS - 1);
            say.of("grid", message, "vary fewer of them");
        }
        if draws.points.get() as usize > MOST {
            say.of("search", format!("that are {} points", draws.points), "take fewer");
        }
    }

    /// Each repeat of each combination becomes a stage, which a slip must not make billions of.
    fn about_repeats(&self, say: &mut Complaints) {
        let repeats = u64::from(self.seeds.get()) * u64::from(self.folds.get());
        if repeats > MOST_REPEATS {
            let place = if self.seeds >= self.folds { "seeds" } else { "folds" };
            let message = format!("each combination would be trained {repeats} times");
            say.of(place, message, "take fewer: seeds times folds may be 1000 at most");
        }
        let points = match &self.search {
            Strategy::Random(draws) | Strategy::QuasiRandom(draws) => draws.points.get() as usize,
            _ => self.product_of_all(),
        };
        let rungs = self.halving.as_ref().map_or(1, |halving| halving.epochs.len().max(1));
        let each = repeats.saturating_mul(rungs as u64);
        let stages = each.saturating_mul(points as u64);
        if points <= MOST && repeats <= MOST_REPEATS && stages > MOST_STAGES {
            let message =
                format!("it would train {stages} times: {points} points, {each} times each");
            let help =
                "take fewer points, seeds, folds or rungs: their product may be 1000000 at most";
            say.of("grid", message, help);
        }
    }

    fn about_halving(&self, say: &mut Complaints) {
        let Some(halving) = &self.halving else { return };
        if halving.epochs.is_empty() || !halving.epochs.is_sorted_by(|a, b| a < b) {
            let help = "each rung trains longer than the one before: `epochs = [3, 9, 27]`";
            say.of("halving.epochs", "these are no rungs", help);
        }
        if halving.factor.get() < 2 {
            let message = "a factor of 1 lets every combination through";
            say.of("halving.factor", message, "one in 3 is usual: `factor = 3`");
        }
        if self.grid.keys().contains(&EPOCHS) {
            let message = "both `halving` and the grid vary the epochs";
            say.of("halving", message, "keep one of the two");
        }
    }

    fn about_names(&self, say: &mut Complaints) {
        if let Some((message, help)) = self.unnameable() {
            say.of("name", message, &help);
        }
    }

    fn varied(&self) -> String {
        format!("it varies {}", self.grid.keys().join(", "))
    }
}

/// The complaints so far.
#[derive(Default)]
struct Complaints(Vec<Complaint>);

impl Complaints {
    fn of(&mut self, place: impl Into<String>, message: impl Into<String>, help: &str) {
        let (place, message) = (place.into(), message.into());
        self.0.push(Complaint { place, message, help: Some(help.into()) });
    }
}
