//! The generic runner: typed stages, their recipes, a store, and a plan; it knows nothing of images
//! or networks.
//!
//! In reading order: a [`digest`] names contents; a [`recipe`] is all that a result depends on;
//! an [`artifact`] is what a [`stage`] writes; a [`pipeline`] wires stages into a [`graph`];
//! [`plan`](mod@plan) judges them against the [`store`] and [`source`] files, and [`forecast`] says how
//! long it would take; [`execute`](mod@execute) makes what is
//! missing, one [`run`] state a stage, telling [`event`]s; [`output`] links the results and
//! [`lockfile`] pins them. [`frozen`](mod@frozen) runs nothing, [`reproduce`](mod@reproduce) makes again
//! what is there, and [`ro_crate`] describes it to others.
//!
//! The shape is that of *Build Systems à la Carte* (Mokhov, Mitchell, Peyton Jones 2018): a
//! topological scheduler with constructive traces. The key of a stage is made of the **contents**
//! of what it reads, so an intermediate that comes out equal stops a rerun (early cutoff).

pub mod artifact;
pub mod digest;
pub mod earlier;
pub mod event;
pub mod execute;
pub mod forecast;
pub mod frozen;
mod gates;
mod gone;
pub mod graph;
mod job;
pub mod lockfile;
pub mod moment;
pub mod output;
pub mod pipeline;
pub mod plan;
pub mod point;
pub mod reason;
pub mod recipe;
pub mod reproduce;
pub mod ro_crate;
pub mod run;
pub mod source;
pub mod stage;
pub mod store;

pub use artifact::{Artifact, Files};
pub use digest::Digest;
pub use event::Event;
pub use execute::{OnFailure, Order, execute};
pub use frozen::frozen;
pub use lockfile::{LockError, LockFile, Mismatch, Ways};
pub use pipeline::{NodeId, Pipeline, Rejected};
pub use plan::{Judge, Planned, Retry, Verdict, plan};
pub use recipe::{Lack, Missing};
pub use reproduce::Reproducible;
pub use run::{Run, State};
pub use stage::{Complaint, Context, Facts, Given, Inputs, Kind, Known, Port, Stage, StageError};
pub use store::Store;
