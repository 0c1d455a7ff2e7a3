//! What can be wrong with labels and probabilities, and the one check that finds it.

use thiserror::Error;

/// Why a score could not be computed; each names the first image (counted from 0) at fault.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MetricError {
    #[error(
        "{labels} labels came with {probabilities} probabilities: give one probability for each label"
    )]
    Lengths { labels: usize, probabilities: usize },
    #[error("image {index} has label {label}: a label is 0 or 1, leave unlabelled images out")]
    Label { index: usize, label: u8 },
    #[error(
        "{labels} labels came with the groups of {groups} images: give one group for each image"
    )]
    Groups { labels: usize, groups: usize },
    #[error(
        "image {index} has probability {probability}: it must lie between 0 and 1 \
         (NaN is the sign of a training that diverged, try a lower learning rate)"
    )]
    Probability { index: usize, probability: f32 },
    #[error(
        "all {images} images have label {label}: this needs both classes, \
         take a split that holds both"
    )]
    OneClass { label: u8, images: usize },
    #[error("there are no images to score: choose a split that holds some")]
    NoImages,
}

/// How many images are negative and positive, once every value is known to be sound.
pub(super) struct Classes {
    pub negatives: u64,
    pub positives: u64,
}

/// Checks every label and probability; returns the class counts.
pub(super) fn check(labels: &[u8], probabilities: &[f32]) -> Result<Classes, MetricError> {
    if labels.len() != probabilities.len() {
        let (labels, probabilities) = (labels.len(), probabilities.len());
        return Err(MetricError::Lengths { labels, probabilities });
    }
    if let Some(index) = labels.iter().position(|&label| label > 1) {
        return Err(MetricError::Label { index, label: labels[index] });
    }
    if let Some(index) = probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(MetricError::Probability { index, probability: probabilities[index] });
    }
    let positives = labels.iter().map(|&label| u64::from(label)).sum();
    Ok(Classes { negatives: labels.len() as u64 - positives, positives })
}
