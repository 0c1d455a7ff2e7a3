//! Scores of binary classifiers, how sure they are, and tests between models: pure functions.
//!
//! `labels` are 0 or 1, one for each image; `probabilities` are the model's estimates, in the same
//! order, that the label is 1. Every sum runs in the order of the images or over whole numbers, so
//! a score has the same bits on every machine. Nothing here is ever NaN: a quantity that the data
//! leave undefined is `None`, and input that is not a label or a probability is a [`MetricError`].
//!
//! In reading order: a [`Confusion`] counts decisions; [`roc`] and [`precision_recall`] go through
//! all thresholds, and a [`ThresholdRule`] picks one; [`Scores`] are all figures of one model, each
//! named by a [`Metric`]; a [`Ranking`] computes them for any whole-number weights of [`Groups`],
//! which is what [`bootstrap`] needs; [`DeLong`] and [`mcnemar`] are tests in closed form, and
//! [`holm`] corrects for how many of them there are.

mod bootstrap;
mod calibration;
mod confusion;
mod delong;
mod error;
mod groups;
mod holm;
mod loss;
mod mcnemar;
mod metric;
mod normal;
mod precision_recall;
mod ranking;
mod roc;
mod scores;
pub mod search;
mod temperature;
mod thin;
mod threshold;
mod wilson;

pub use bootstrap::{Interval, bootstrap, differences, percentile, percentile_interval, two_sided};
pub use calibration::{BINS, Binning, ReliabilityBin, expected_calibration_error, reliability};
pub use confusion::Confusion;
pub use delong::{AucDifference, DeLong};
pub use error::MetricError;
pub use groups::Groups;
pub use holm::holm;
pub use loss::{brier, log_loss};
pub use mcnemar::{McNemar, McNemarMethod, mcnemar};
pub use metric::Metric;
pub use normal::{normal_quantile, two_sided_p};
pub use precision_recall::{PrPoint, average_precision, precision_recall};
pub use ranking::Ranking;
pub use roc::{RocCurve, RocPoint, auc, auc_standard_error, roc};
pub use scores::Scores;
pub use temperature::{fit_temperature, soften};
pub use thin::thin;
pub use threshold::ThresholdRule;
pub use wilson::wilson;
