//! The combinations of a search: every one of its grid, or as many as it may draw.

use super::{
    Strategy, Tune,
    axes::{Axis, axes},
    condition::holds,
    draw::Source,
    grid::{Domain, Product, identity},
};
use serde_json::Value;
use std::collections::HashSet;

/// What one point sets, by parameter, in the order in which points name them.
#[derive(Clone, Debug, Default)]
pub struct Combination(pub Vec<Chosen>);

/// One parameter of a combination.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub key: String,
    pub value: Value,
    /// Where the value stands in the search's table.
    pub place: String,
}

impl Combination {
    /// The same for the same choices, wherever they were written.
    fn identity(&self) -> Vec<(String, String)> {
        self.0.iter().map(|chosen| (chosen.key.clone(), identity(&chosen.value))).collect()
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|chosen| chosen.key == key).map(|chosen| &chosen.value)
    }
}

/// Combinations, each once, in the order in which they were found.
#[derive(Default)]
struct Found {
    all: Vec<Combination>,
    known: HashSet<Vec<(String, String)>>,
}

/// A draw that gives nothing new this often in a row has nothing new to give.
const VAIN: usize = 1000;

impl Tune {
    /// Every combination once, in a stable order; a larger budget only adds to its end.
    pub fn combinations(&self) -> Vec<Combination> {
        let mut found = Found::default();
        match &self.search {
            Strategy::Grid => {
                for (i, product) in self.grid.products.iter().enumerate() {
                    for combination in self.of_product(i, product) {
                        self.add(combination, &mut found);
                    }
                }
            }
            Strategy::Random(draws) | Strategy::QuasiRandom(draws) => {
                let (mut index, mut vain) = (0, 0);
                while found.all.len() < draws.points.get() as usize && vain < VAIN {
                    let before = found.all.len();
                    self.add(self.drawn(index), &mut found);
                    vain = if found.all.len() > before { 0 } else { vain + 1 };
                    index += 1;
                }
            }
        }
        found.all
    }

    /// Adds a combination, without what does not apply in it, unless it is excluded or there.
    fn add(&self, combination: Combination, found: &mut Found) {
        let combination = self.applying(combination);
        let excluded = self.exclude.iter().any(|condition| holds(condition, &combination));
        if !excluded && found.known.insert(combination.identity()) {
            found.all.push(combination);
        }
    }

    /// Takes out the parameters whose `when` does not hold, then those that depended on them.
    fn applying(&self, mut combination: Combination) -> Combination {
        loop {
            let applies = |chosen: &Chosen| {
                self.when.get(&chosen.key).is_none_or(|when| holds(when, &combination))
            };
            let kept: Vec<_> = combination.0.iter().filter(|c| applies(c)).cloned().collect();
            if kept.len() == combination.0.len() {
                return combination;
            }
            combination = Combination(kept);
        }
    }

    fn of_product(&self, i: usize, product: &Product) -> Vec<Combination> {
        let mut all = vec![vec![]];
        for axis in axes(product, &self.zip) {
            let choices = axis.listed().unwrap_or_default();
            let longer = |chosen: &Vec<Chosen>| -> Vec<Vec<Chosen>> {
                let with = |at| [&chosen[..], &self.chosen(i, &axis, at)].concat();
                choices.iter().map(|&at| with(at)).collect()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all.into_iter().map(sorted).collect()
    }

    /// The choice of the values at a place of the lists of an axis.
    fn chosen(&self, product: usize, axis: &Axis, at: usize) -> Vec<Chosen> {
        let grid = self.grid.place(product);
        let one = |(key, domain): &(&str, &Domain)| {
            let Domain::List(values) = domain else { return None };
            let place = format!("{grid}.{key}[{at}]");
            Some(Chosen { key: key.to_string(), value: values.get(at)?.clone(), place })
        };
        axis.parameters.iter().filter_map(one).collect()
    }

    /// The combination number `index` of those that are drawn: first of which product, then the
    /// place on each axis. Each parameter has its own dimension, whichever product it stands in.
    fn drawn(&self, index: u64) -> Combination {
        let source = Source::of(&self.search);
        let n = self.grid.products.len();
        let which = if n > 1 { place_of(source.at(index, 0), n) } else { 0 };
        let keys = self.grid.keys();
        let mut all = Vec::new();
        let Some(product) = self.grid.products.get(which) else { return Combination::default() };
        for axis in axes(product, &self.zip) {
            let first = axis.parameters[0];
            let dimension = 1 + keys.iter().position(|key| *key == first.0).unwrap_or(0);
            let at = source.at(index, dimension);
            match axis.listed() {
                Some(listed) if listed.is_empty() => {}
                Some(listed) => {
                    all.extend(self.chosen(which, &axis, listed[place_of(at, listed.len())]));
                }
                None => all.push(Chosen {
                    key: first.0.to_string(),
                    value: first.1.at(at),
                    place: format!("{}.{}", self.grid.place(which), first.0),
                }),
            }
        }
        sorted(all)
    }
}

/// A place among `n` from a number in `[0, 1)`.
fn place_of(at: f64, n: usize) -> usize {
    ((at * n as f64) as usize).min(n.saturating_sub(1))
}

/// Parameters that advance together are chosen together, and named in their own order.
fn sorted(mut chosen: Vec<Chosen>) -> Combination {
    chosen.sort_by(|a, b| a.key.cmp(&b.key));
    Combination(chosen)
}
