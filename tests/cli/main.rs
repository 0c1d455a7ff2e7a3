//! The command line as its users meet it: what ran, what was said, which digests came out.

mod bad_data;
mod bad_models;
mod bad_pipelines;
mod bad_settings;
mod caches;
mod ci;
mod commands;
mod compare;
mod crates;
mod errors;
mod evaluation;
mod export;
mod forecasts;
mod frozen;
mod github;
mod golden;
mod grids;
#[cfg(feature = "hub")]
mod hub;
mod junit;
mod locked;
mod names;
mod predict;
mod reproduction;
mod reruns;
mod searches;
mod synth;
mod verify;
mod workflow;
mod world;
