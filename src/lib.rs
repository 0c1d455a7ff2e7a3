//! # microtome
//!
//! A microtome cuts tissue into thin, even sections. This crate cuts an experiment into thin,
//! cached stages.

pub mod cli;
pub mod data;
pub mod engine;
pub mod metrics;
pub mod nn;
pub mod report;
pub mod stages;
