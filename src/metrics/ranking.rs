//! One model's images sorted once, so that its scores under many different weights are quick.

use std::ops::Range;

use super::calibration::{BINS, Binning, edges, place};
use super::confusion::Confusion;
use super::error::{MetricError, check};
use super::groups::Groups;
use super::loss::{cross_entropy, squared_error};
use super::scores::Scores;

/// One model's predictions by falling probability, with the group of each image.
///
/// A resample of groups is a whole-number weight for each of them. Scoring it walks the sorted
/// images once: no sorting, no copying, no look at probabilities.
#[derive(Clone, Debug)]
pub struct Ranking {
    images: Vec<Image>,
    /// The images of each calibration bin that holds any, as ranges of `images`.
    bins: Vec<Range<usize>>,
    threshold: f32,
    /// So many images, the first ones, are called positive.
    called: usize,
    /// The sums of both losses over each group.
    losses: Vec<Losses>,
}

#[derive(Clone, Debug)]
struct Image {
    /// Probability − label.
    residual: f64,
    group: u32,
    positive: bool,
    /// Whether the next image has another probability.
    ends_step: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    squared: f64,
    log: f64,
}

impl Ranking {
    /// Sorts the images; those with a probability of `threshold` or more are called positive.
    ///
    /// # Errors
    /// Unsound values as in [`MetricError`]; an absent class is none.
    pub fn new(
        labels: &[u8],
        probabilities: &[f32],
        groups: &Groups,
        threshold: f32,
    ) -> Result<Ranking, MetricError> {
        check(labels, probabilities)?;
        let of_image = groups.of_image();
        if labels.len() != of_image.len() {
            let (labels, groups) = (labels.len(), of_image.len());
            return Err(MetricError::Groups { labels, groups });
        }
        let mut losses = vec![Losses::default(); groups.count()];
        for ((&label, &p), &group) in labels.iter().zip(probabilities).zip(of_image) {
            losses[group as usize].squared += squared_error(label, p);
            losses[group as usize].log += cross_entropy(label, p);
        }
        let mut order: Vec<usize> = (0..labels.len()).collect();
        // Equals stay in the order of the images, so that sums do not depend on the sort.
        order.sort_by(|&a, &b| (probabilities[b] + 0.0).total_cmp(&(probabilities[a] + 0.0)));
        let image = |(at, &i): (usize, &usize)| Image {
            residual: f64::from(probabilities[i]) - f64::from(labels[i]),
            group: of_image[i],
            positive: labels[i] == 1,
            ends_step: order.get(at + 1).is_none_or(|&n| probabilities[n] != probabilities[i]),
        };
        let sorted: Vec<f32> = order.iter().map(|&i| probabilities[i]).collect();
        let edges = edges(Binning::EqualWidth, BINS, &sorted);
        let mut bins: Vec<Range<usize>> = Vec::new();
        for run in sorted.chunk_by(|a, b| place(&edges, *a) == place(&edges, *b)) {
            let start = bins.last().map_or(0, |bin| bin.end);
            bins.push(start..start + run.len());
        }
        let called = sorted.partition_point(|&p| p >= threshold);
        let images = order.iter().enumerate().map(image).collect();
        Ok(Ranking { images, bins, threshold, called, losses })
    }

    /// The scores when every image counts as often as its group's weight says; a group without a
    /// weight counts 0 times.
    pub fn scores(&self, weights: &[u32]) -> Scores {
        let (mut walk, mut confusion, mut miscalibration) =
            (Walk::default(), Confusion::default(), 0.0);
        for bin in &self.bins {
            let cut = self.called.clamp(bin.start, bin.end);
            let above = walk.over(&self.images[bin.start..cut], weights);
            if cut == self.called {
                confusion.true_positives = walk.positives;
                confusion.false_positives = walk.negatives;
            }
            let below = walk.over(&self.images[cut..bin.end], weights);
            miscalibration += (above + below).abs();
        }
        confusion.false_negatives = walk.positives - confusion.true_positives;
        confusion.true_negatives = walk.negatives - confusion.false_positives;
        let images = confusion.images();
        let mean = |sum: f64| (images > 0).then(|| sum / images as f64);
        let weighted = |loss: fn(&Losses) -> f64| -> f64 {
            self.losses.iter().zip(weights).map(|(l, &w)| f64::from(w) * loss(l)).sum()
        };
        Scores {
            images,
            threshold: self.threshold,
            auc: walk.auc(),
            average_precision: walk.average_precision(),
            accuracy: confusion.accuracy(),
            balanced_accuracy: confusion.balanced_accuracy(),
            sensitivity: confusion.sensitivity(),
            specificity: confusion.specificity(),
            precision: confusion.precision(),
            npv: confusion.npv(),
            f1: confusion.f1(),
            mcc: confusion.mcc(),
            brier: mean(weighted(|l| l.squared)),
            log_loss: mean(weighted(|l| l.log)),
            ece: mean(miscalibration),
            confusion,
        }
    }
}

/// What has been counted on the way down from the highest probability.
#[derive(Default)]
struct Walk {
    /// Weights of the images of all finished steps, by label.
    positives: u64,
    negatives: u64,
    /// Those of the step that is being counted.
    step_positives: u64,
    step_negatives: u64,
    /// Pairs of a positive and a negative image: two where the positive is higher, one for a tie.
    half_pairs: u128,
    /// The sum of precision × new positives.
    precision: f64,
}

impl Walk {
    /// Goes over images that follow those before; gives the sum of their weighted residuals.
    fn over(&mut self, images: &[Image], weights: &[u32]) -> f64 {
        let mut residual = 0.0;
        for image in images {
            let weight = weights.get(image.group as usize).copied().unwrap_or(0);
            residual += f64::from(weight) * image.residual;
            if image.positive {
                self.step_positives += u64::from(weight);
            } else {
                self.step_negatives += u64::from(weight);
            }
            if image.ends_step {
                self.end_step();
            }
        }
        residual
    }

    fn end_step(&mut self) {
        let wins = 2 * self.positives + self.step_positives;
        self.half_pairs += u128::from(self.step_negatives) * u128::from(wins);
        self.positives += self.step_positives;
        self.negatives += self.step_negatives;
        if self.step_positives > 0 {
            let precision = self.positives as f64 / (self.positives + self.negatives) as f64;
            self.precision += self.step_positives as f64 * precision;
        }
        (self.step_positives, self.step_negatives) = (0, 0);
    }

    fn auc(&self) -> Option<f64> {
        let pairs = u128::from(self.negatives) * u128::from(self.positives);
        (pairs > 0).then(|| self.half_pairs as f64 / (2 * pairs) as f64)
    }

    fn average_precision(&self) -> Option<f64> {
        (self.positives > 0).then(|| self.precision / self.positives as f64)
    }
}
