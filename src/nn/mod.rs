//! Networks: what users declare ([`Training`], [`Model`], [`Layer`], [`Optimizer`]), how they are
//! trained ([`fit`]), kept ([`Trained`]) and used ([`Network`]). The only importer of dfdx; knows
//! data sets, but no stages, metrics or reports.

mod checkpoint;
mod description;
mod error;
mod fit;
#[cfg(test)]
mod gradient_tests;
mod history;
mod images;
mod inference;
pub mod kernels;
mod layer;
mod model;
mod network;
pub mod onnx;
mod ops;
mod parameter;
mod plan;
mod predict;
mod presets;
mod shape;
mod stepper;
mod tensor;
mod trained;
mod trainer;
mod training;
mod weights;

pub use description::Description;
pub use error::NnError;
pub use fit::{Watch, fit, fit_on};
pub use history::{Epoch, Score, Scores, read_history, write_history};
pub use layer::{Conv, Dense, Layer, Padding, Pool, Residual};
pub use model::{Model, ShapeProblem, Summary};
pub use predict::Network;
pub use presets::{Architecture, Freeze, PartRates, Preset, Settings};
pub use shape::Shape;
pub use tensor::Compute;
pub use trained::Trained;
pub use trainer::{Step, Trainer};
pub use training::{Adam, EarlyStopping, Loss, Monitor, Optimizer, Sgd, Training};
