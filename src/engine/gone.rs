//! Points that left their grid, one of which may be what a new point was before.

use super::{
    pipeline::Pipeline,
    point::is_point_of,
    recipe::{Difference, Recipe, differences},
    store::{History, Store},
};
use std::{collections::BTreeMap, ops::Bound};

/// A new point is compared with so many on either side of it in the order of their names, which say
/// what they vary: with all of them, a grid of ten thousand new points would be compared with ten
/// thousand old ones.
const NEIGHBOURS: usize = 16;

/// The recipes of points that are no longer there, by their names.
pub struct Gone(BTreeMap<String, Recipe>);

impl Gone {
    /// Those that a pipeline had when it last ran, and whose records are kept.
    pub fn from(pipeline: &Pipeline, store: &Store, history: &History) -> Gone {
        let points = history.0.iter().filter(|(name, _)| name.contains('['));
        let gone = points.filter(|(name, _)| pipeline.find(name).is_none());
        let recipe = |key| Some(store.record(key)?.recipe);
        Gone(gone.filter_map(|(name, key)| Some((name.clone(), recipe(key)?))).collect())
    }

    /// The point that differs least from a new one of the same search, and how.
    pub fn nearest(
        &self,
        search: &str,
        name: &str,
        recipe: &Recipe,
    ) -> Option<(&str, Vec<Difference>)> {
        let of_search = |(other, _): &(&String, &Recipe)| is_point_of(search, other);
        let before = self.0.range::<str, _>((Bound::Unbounded, Bound::Excluded(name))).rev();
        let after = self.0.range::<str, _>((Bound::Excluded(name), Bound::Unbounded));
        let near = before.take_while(of_search).take(NEIGHBOURS);
        let near = near.chain(after.take_while(of_search).take(NEIGHBOURS));
        let compared = near.map(|(other, then)| (other.as_str(), differences(then, recipe)));
        compared.min_by_key(|(other, differences)| (differences.len(), *other))
    }
}
