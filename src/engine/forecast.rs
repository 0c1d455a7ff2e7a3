//! How long stages would take, by what they took before: a guess for people, which decides nothing.

use super::{
    pipeline::Pipeline,
    plan::{Planned, Verdict},
    point::is_point_of,
    store::{History, Store},
};
use std::collections::HashMap;

/// The seconds that each stage is expected to take, in the order given; none for a stage that would
/// not run, or of which nothing is known.
///
/// A stage took what it took when it last was made, whatever has changed since. A point of a search
/// that never was made takes the median of the points of its search that were.
pub fn expected(pipeline: &Pipeline, store: &Store, planned: &[Planned]) -> Vec<Option<f64>> {
    let mut past = Past { store, history: store.history(&pipeline.name), points: HashMap::new() };
    let expected = |stage: &Planned| {
        if !matches!(stage.verdict, Verdict::Stale(_) | Verdict::Waits { .. }) {
            return None;
        }
        let node = &pipeline.nodes[stage.id];
        past.took(&node.name).or_else(|| past.points_took(node.search.as_ref()?))
    };
    planned.iter().map(expected).collect()
}

/// What is known of former runs.
struct Past<'a> {
    store: &'a Store,
    history: History,
    /// The median of each search that was asked for.
    points: HashMap<String, Option<f64>>,
}

impl Past<'_> {
    fn took(&self, stage: &str) -> Option<f64> {
        let record = self.store.record(self.history.0.get(stage)?)?;
        Some(record.provenance.seconds)
    }

    fn points_took(&mut self, search: &str) -> Option<f64> {
        if let Some(known) = self.points.get(search) {
            return *known;
        }
        let points = self.history.0.keys().filter(|name| is_point_of(search, name));
        let mut took: Vec<f64> = points.filter_map(|name| self.took(name)).collect();
        took.sort_by(f64::total_cmp);
        let median = took.get(took.len() / 2).copied();
        self.points.insert(search.to_string(), median);
        median
    }
}
