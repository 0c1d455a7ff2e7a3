//! Networks: what users declare ([`Training`], [`Model`], [`Layer`], [`Optimizer`]), how they are
//! trained ([`fit`], step by step by a [`Trainer`]), kept ([`Trained`]) and used ([`Network`]). The only importer of dfdx; knows
//! data sets, but no stages, metrics or reports.

mod attention;
#[cfg(test)]
mod attention_tests;
mod checkpoint;
mod checks;
mod course;
mod description;
mod error;
mod fault;
mod features;
mod fit;
#[cfg(test)]
mod gradient_tests;
mod header;
mod history;
mod images;
mod inference;
pub mod kernels;
mod layer;
mod loss;
mod mismatch;
mod model;
mod network;
mod occlusion;
pub mod onnx;
mod ops;
mod optimizer;
#[cfg(test)]
mod optimizer_tests;
mod parameter;
mod plan;
mod predict;
mod predictor;
mod presets;
mod pretrained;
#[cfg(test)]
mod reference_tests;
mod schedule;
mod shape;
mod splits;
mod stepper;
mod stopping;
mod tensor;
mod trained;
mod trainer;
mod training;
mod tta;
mod weights;

pub use attention::{Attention, Method};
pub use description::Description;
pub use error::{Kept, NnError};
pub use fault::Fault;
pub use features::Features;
pub use fit::{Watch, fit, fit_features, fit_on};
pub use history::{Epoch, Score, Scores, read_history, write_history};
pub use layer::{Conv, Dense, Layer, Padding, Pool, Residual};
pub use loss::{BinaryCrossentropy, Loss, PositiveWeight};
pub use model::{Model, ShapeProblem, Summary};
pub use optimizer::{Adam, AdamW, Clip, Decay, Optimizer, RmsProp, Sgd};
pub use predict::Network;
pub use predictor::Predictor;
pub use presets::{Architecture, Classifier, Freeze, PartRates, Preset, Settings};
pub use schedule::{Cosine, Milestones, OneCycle, Plateau, Schedule, Stairs, Warmup};
pub use shape::Shape;
pub use stopping::{EarlyStopping, Monitor};
pub use tensor::Compute;
pub use trained::Trained;
pub use trainer::{Step, Trainer};
pub use training::Training;
pub use tta::Tta;
