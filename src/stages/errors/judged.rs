//! What a model makes of labelled images, and which of them it is surest of.

use super::found::{Decision, Example};
use crate::data::Dataset;

/// What a model makes of the images.
pub struct Judged<'a> {
    pub name: &'a str,
    /// Their places in the data set.
    pub rows: &'a [usize],
    pub labels: Vec<u8>,
    pub probabilities: Vec<f32>,
    pub outcomes: Vec<Decision>,
}

impl Judged<'_> {
    pub fn new<'a>(
        name: &'a str,
        data: &Dataset,
        rows: &'a [usize],
        probabilities: Vec<f32>,
        threshold: f32,
    ) -> Judged<'a> {
        let labels: Vec<u8> = rows.iter().map(|&row| data.label(row).unwrap_or(0)).collect();
        let each = labels.iter().zip(&probabilities);
        let outcomes = each.map(|(label, p)| Decision::of(*label, *p, threshold)).collect();
        Judged { name, rows, labels, probabilities, outcomes }
    }

    pub fn count(&self, outcome: Decision) -> usize {
        self.outcomes.iter().filter(|other| **other == outcome).count()
    }

    /// The places of the images of an outcome that the model is surest of; equals in the order of
    /// the data set.
    pub fn most_confident(&self, outcome: Decision, most: usize) -> Vec<usize> {
        let of = |at: &usize| self.outcomes[*at] == outcome;
        let mut places: Vec<usize> = (0..self.rows.len()).filter(of).collect();
        places.sort_by(|a, b| {
            let rising = self.probabilities[*a].total_cmp(&self.probabilities[*b]);
            if outcome.predicted() == 1 { rising.reverse() } else { rising }
        });
        places.truncate(most);
        places
    }

    pub fn example(&self, data: &Dataset, at: usize) -> Example {
        let row = &data.rows()[self.rows[at]];
        let (id, group) = (row.id.clone(), row.group.clone());
        let (label, probability) = (self.labels[at], self.probabilities[at]);
        Example { id, group, label, probability, inside: None }
    }
}
