//! A microtome cuts tissue into thin, even sections. **microtome** cuts an experiment into thin,
//! cached stages: a TOML file describes a graph of typed stages (ingest → EDA → preprocess →
//! train, tune → evaluate → report) for telling tumour from healthy tissue in histology patches;
//! one binary plans it, runs only what has changed, and can prove that the result is the same bit
//! for bit.
//!
//! This page is the architecture: what the parts are, what they promise, and why they are so.
//!
//! # The house
//!
//! | room | what it is | what it must not know |
//! |---|---|---|
//! | [`engine`] | the generic runner: TOML to typed stages, plan, store, execution | images, networks |
//! | [`data`] | sources, packed data sets, splits, augmentation, batches, a look at the data | stages, networks |
//! | [`nn`] | layers on dfdx's tape, CPU kernels, training, models on disk, where networks look | stages, metrics, reports |
//! | [`metrics`] | scores of binary classifiers, their intervals, tests between models: pure functions | everything else |
//! | [`report`] | values to one HTML page: a pure function | files, stages |
//! | [`stages`] | where the engine meets the domain: one file a kind, one table of kinds | how anything is shown |
//! | [`cli`] | one file a command; the only place that prints | how anything is computed |
//!
//! Imports run one way: `main → cli → stages → {engine, nn, data, metrics, report}`, `nn → data`,
//! `report → metrics`. Without the domain's five rooms the engine still compiles, and its tests run
//! it on toy stages. `petgraph` lives in `engine/graph.rs`, `blake3` in `engine/digest.rs`, `dfdx`
//! in `nn`; `unsafe` in `nn/kernels` and in the one file of `data` that maps files. The test
//! `tests/house` walks the sources and holds all of this.
//!
//! # How a run goes
//!
//! 1. The file is parsed twice ([`engine::pipeline`]): TOML to a tree that remembers where each word
//!    stands, then each stage's table to its kind's own closed struct. All problems are collected,
//!    each with its place and the nearest known name. A struct *is* its stage: what TOML parses to,
//!    what the key is made of, and what runs ([`engine::Stage`]).
//! 2. References become typed edges; a search becomes its points, each a stage of its own. Facts,
//!    such as the size of the images, flow along the edges, so that a layer that does not fit is
//!    found before a byte is read.
//! 3. A stage's **recipe** is all that its result depends on: kind, version, backend, parameters with
//!    defaults filled in, and the *contents* of what it reads. The digest of its canonical JSON is the
//!    **key** ([`engine::recipe`]). What is there under that key is taken; what is not is made, in a
//!    folder of its own, and published blob by blob, the record last ([`engine::store`]).
//! 4. Keys are made of contents, so a rerun that gives an equal result stops there. Every rerun says
//!    why in terms of the user's file: `params.optimizer.adam.lr: 0.001 → 0.0005` ([`engine::plan`](mod@engine::plan)).
//! 5. Workers are threads that send closed events over one channel; the state of a run is one enum a
//!    stage with one function that changes it ([`engine::run`]).
//!
//! # What is promised, and how it is held
//!
//! * **Never a wrong hit, never half a file taken for a whole one.** Temporary, sync, rename; the
//!   record last; one maker a key by a lock of the operating system; source files hashed before and
//!   looked at again after. Tests kill runs at their steps, let steps fail, and compare with a clean run.
//! * **The same bits** with any number of threads and jobs, interrupted and resumed or not, on
//!   AVX-512, AVX2 and scalar code. Every output element of a kernel accumulates by fused
//!   multiply-add in one fixed order; reductions go over fixed chunks combined in a fixed order;
//!   `exp` and `ln` come from the `libm` crate; random numbers are drawn by (seed, purpose, epoch,
//!   index), so that the order of work never matters ([`nn::kernels`], [`data::random`]).
//! * **Artifacts hold nothing that varies from run to run.** Durations, dates and hosts are kept in
//!   provenance beside the recipe, which `show`, `why` and the closing table read.
//!
//! # Choices that another could have made
//!
//! * *Paths are relative to the folder that one runs in*, not to the pipeline file: `cache/` and
//!   `out/` are there too.
//! * *Results for people are hard links*, not symbolic ones: a browser follows a symbolic link to
//!   the blob, whose name has no ending, and shows the page's source.
//! * *Our own tree and deserializer over `toml`'s parser*: serde errors stay structured (unknown key,
//!   missing key, wrong value), and values from `--set`, `${params.…}` and grids can be pointed at.
//! * *A name enters a key only where it is shown*: ports are declared named or anonymous. Renaming a
//!   stage reruns the evaluation that lists it, and not the training that reads it.
//! * *A choice may be written as a string* where all its parameters have defaults:
//!   `optimizer = "adam"` is `optimizer = { adam = {} }`, with the same key.
//! * *A network is planned as a graph of operations* (`nn/plan`), for declared layers and for known
//!   architectures alike; merging operations differs between training and inference. Parameters are
//!   shared buffers with a dfdx tag, as activations are, because dfdx lends no slice of a tensor.
//! * *Winograd's F(4×4, 3×3) with the points 0, ±5/8, ±3/2, ∞* computes 3×3 windows where it pays: half
//!   the rounding error of the usual points. In inference the algorithm follows from a layer's shape
//!   without the batch, so that an image's result does not depend on its neighbours; a training step
//!   counts its images too, since few do not pay for Winograd's larger weights.
//! * *Work that stages share becomes a stage of its own* ([`engine::stage::Shared`]): heads on one frozen
//!   backbone read its features, computed once, and have the bits that they would have without.
//! * *A stage may look at what it made earlier* of other source files ([`engine::earlier`]): an ingest takes
//!   the pixels of files that are as they were from its last result. Equal digests say which, the result
//!   is that of reading all, and a test holds it so.
//! * *Copies count as leaks* ([`data::duplicates`]): not only a patient in two splits, also an image that
//!   is there twice, turned, mirrored or compressed anew. Drawn splits keep copies together.
//! * *Intervals in the exploration count groups, not images*: patches of one patient resemble one
//!   another, so a share or a difference is as sure as the effective number of images makes it.
//! * *Files are read chunk by chunk where that is how they were written*: a source gives its pictures
//!   in any order, or in one order; HDF5 decodes each chunk once.
//! * *`predictions.csv` holds all models of an evaluation*, with a first column `model`.
//! * *A search that lacks a point is another search*: what is missing, and why, is part of its recipe
//!   ([`engine::recipe`]), so that a partial result is never taken for the whole one. A failure is
//!   remembered under the point's key until `--retry-failed`.
//! * *Successive halving in a graph that is known beforehand*: every combination has a stage at every
//!   rung, and a gate between rungs decides which of them run. A stage's key does not say through which
//!   gate it came, so that another rung or point reruns nothing.
//! * *Intervals of scores draw groups anew, not images* ([`metrics::bootstrap`]), from random numbers that
//!   are counted like all others. Closed forms that take images for independent stand beside them.
//! * *Thresholds and temperatures come from the valid split alone*, for each model on its own.
//! * *A gate is a shortfall, not a failure*: the evaluation, its report and the lock file are there, and
//!   the run ends with exit code 1, when it is cached too.
//! * *The lock file says what keys are made of, one fact a line*: in CI the store never saw the locked
//!   result. What all points of a search share is said once, and what outputs tell already is left out.
//! * *A plan is explained by the lock file* where the store knows nothing ([`engine::lockfile`]).
//! * *What is written to a CI log is guarded at the one place that prints*, not where texts come from. In
//!   JUnit each stage is a suite of one case, since only suites have properties in Jenkins' schema.
//! * *Nobody clears away what a process works with*: a process notes what it looks for before it looks,
//!   under a shared lock, and who clears away holds that lock alone ([`engine::store`]).
//! * *Records, remembered failures and stat indices carry a checksum of their own*: a turned bit may leave
//!   valid JSON that says something else.
//! * *What the machine could not do is told apart from work that failed* ([`engine::StageError`]): nothing is
//!   concluded from a full disk, neither of a point nor of its search.
//! * *Steps of publishing are system calls*: a shim kills and fails each in the tests, and the product has
//!   no code for it.
//! * *A plan reads a gate's files whole before it asks the gate*, as a run does: a damaged one would let the
//!   wrong points through.
//! * *Cached stages are taken in bulk while nothing runs*; only what must run, or must hash files, goes to
//!   a worker. A new point is explained by its nearest neighbours among those that left, not by all.
//! * *A pipeline file reads what lies in its own folder or in that which one runs in*, or what
//!   `allow_outside` names; `--set` is the user's own word.
//! * *An exported run is a Provenance Run Crate* ([`engine::ro_crate`]). Its dates are those of the stages;
//!   hosts, users and folders stay out, so equal results with equal provenance give equal bytes.
//! * *The report shows keys and digests of what it was made from*, which are constant, and nothing of
//!   when and where.
//!
//! # A pipeline from Rust
//!
//! ```
//! use microtome::{engine::{self, Judge, OnFailure, Order, Store}, stages::KINDS};
//! use std::sync::atomic::AtomicBool;
//!
//! let toml = r#"
//!     [stage.patches]
//!     kind = "ingest"
//!     source = { synthetic = { count = 24, size = 24, slides = 6 } }
//!
//!     [stage.look]
//!     kind = "eda"
//!     data = "patches"
//! "#;
//! let dir = tempfile::tempdir()?;
//! let file = dir.path().join("pipeline.toml");
//! let pipeline = engine::pipeline::parse(&file, toml.into(), &[], KINDS).map_err(|r| r.problems).unwrap();
//! let store = Store::open(&dir.path().join("cache"))?;
//! let order = Order {
//!     targets: pipeline.targets(&[]).unwrap(),
//!     force: Default::default(),
//!     jobs: 1,
//!     on_failure: OnFailure::KeepGoing,
//!     retry: Default::default(),
//!     out: dir.path().join("out"),
//!     name: None,
//! };
//! let run = engine::execute(&pipeline, &store, &order, &AtomicBool::new(false), &|_event| {})?;
//! assert!(run.stages().all(|(_, state)| matches!(state, engine::State::Ran(..))));
//!
//! let judge = Judge::new(&pipeline, &store, Default::default());
//! let again = engine::plan(&judge, &order.targets);
//! assert!(again.iter().all(|stage| matches!(stage.verdict, engine::Verdict::Cached(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cli;
pub mod data;
pub mod engine;
pub mod metrics;
pub mod nn;
pub mod report;
pub mod stages;
