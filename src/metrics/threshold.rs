//! From which probability on an image is called positive: rules that look at labelled images.

use super::error::MetricError;
use super::roc::{both_classes, steps};

/// How a threshold is chosen. Choose it on other images than those that are scored with it, or the
/// scores flatter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdRule {
    /// This threshold, whatever the images are.
    Fixed(f32),
    /// The largest sensitivity + specificity (Youden 1950); the highest threshold of equals.
    Youden,
    /// The highest threshold that finds at least this share of the positive images.
    Sensitivity(f64),
    /// The lowest threshold that leaves at least this share of the negative images alone.
    Specificity(f64),
    /// The least cost of all mistakes; the highest threshold of equals.
    Cost { false_positive: f64, false_negative: f64 },
}

impl ThresholdRule {
    /// The threshold for these images: one of their probabilities, or, where the rule wants nothing
    /// to be called positive, the next number above the highest of them.
    ///
    /// # Errors
    /// Unsound values as in [`MetricError`]; an absent class, unless the threshold is fixed.
    pub fn choose(self, labels: &[u8], probabilities: &[f32]) -> Result<f32, MetricError> {
        if let ThresholdRule::Fixed(threshold) = self {
            return Ok(threshold);
        }
        let classes = both_classes(labels, probabilities)?;
        let candidates = candidates(labels, probabilities);
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        let sensitivity = |c: &Candidate| share(c.positives, classes.positives);
        let specificity = |c: &Candidate| share(classes.negatives - c.negatives, classes.negatives);
        let chosen = match self {
            ThresholdRule::Fixed(threshold) => return Ok(threshold),
            // The first candidate calls nothing positive, which is no test.
            ThresholdRule::Youden => {
                least(&candidates[1..], |c| -(sensitivity(c) + specificity(c)))
            }
            ThresholdRule::Sensitivity(least) => {
                candidates.iter().find(|c| sensitivity(c) >= least)
            }
            ThresholdRule::Specificity(least) => {
                candidates.iter().rfind(|c| specificity(c) >= least)
            }
            ThresholdRule::Cost { false_positive, false_negative } => least(&candidates, |c| {
                let missed = classes.positives - c.positives;
                false_positive * c.negatives as f64 + false_negative * missed as f64
            }),
        };
        Ok(chosen.map_or(candidates[0].threshold, |candidate| candidate.threshold))
    }
}

/// A threshold, and the images of each label that are called positive with it.
struct Candidate {
    threshold: f32,
    negatives: u64,
    positives: u64,
}

/// All that make a difference, from the highest, with which nothing is called positive, down.
fn candidates(labels: &[u8], probabilities: &[f32]) -> Vec<Candidate> {
    let steps = steps(labels, probabilities);
    let above_all = steps.first().map_or(1.0, |step| step.threshold.next_up());
    let mut candidates = vec![Candidate { threshold: above_all, negatives: 0, positives: 0 }];
    let (mut negatives, mut positives) = (0, 0);
    for step in steps {
        negatives += step.negatives;
        positives += step.positives;
        candidates.push(Candidate { threshold: step.threshold, negatives, positives });
    }
    candidates
}

/// The candidate with the least cost, the first of equals.
fn least(candidates: &[Candidate], cost: impl Fn(&Candidate) -> f64) -> Option<&Candidate> {
    candidates.iter().reduce(|best, c| if cost(c) < cost(best) { c } else { best })
}
