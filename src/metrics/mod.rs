//! Scores of binary classifiers: pure functions of labels and probabilities.
//!
//! `labels` are 0 or 1, one for each image; `probabilities` are the model's estimates, in the same
//! order, that the label is 1. Every sum runs in the order of the images or over whole numbers, so
//! a score has the same bits on every machine. Nothing here is ever NaN: a quantity that the data
//! leave undefined is `None`, and input that is not a label or a probability is a [`MetricError`].

mod confusion;
mod error;
mod roc;
mod scores;
pub mod search;
mod thin;

pub use confusion::Confusion;
pub use error::MetricError;
pub use roc::{RocCurve, RocPoint, auc, auc_standard_error, roc};
pub use scores::{Scores, log_loss};
pub use thin::thin;
