//! Values in, one self-contained HTML page out.
//!
//! [`render`] is a pure function: the page holds no date, host or duration, loads nothing from
//! anywhere, and is equal byte for byte whenever the [`Report`] is. Nothing here knows of stages,
//! files or caches; whoever calls it fills in the values. [`verdict`], [`helped`], [`advice`]
//! and [`observations`] are the page's sentences as plain text.

mod ablation;
mod advice;
mod chart;
mod embed;
mod errors;
mod exploration;
mod helped;
mod levels;
mod models;
mod notes;
mod number;
mod origin;
mod overview;
mod page;
mod ranking;
mod scores;
mod search;
mod table;
mod training;
mod values;
mod verdict;
mod words;

pub use advice::{Advice, advice};
pub use exploration::observations;
pub use helped::helped;
pub use page::render;
pub use values::{
    Against, BrightnessHistogram, Calibration, ChannelStats, Class, ColourScore, Combination,
    ContactSheet, Ending, EpochRow, ErrorBin, ErrorGallery, ErrorImage, ErrorMeasure,
    ErrorsSection, EvaluationSection, Exploration, Fact, Finding, FindingKind, Flaw, FlawKind,
    GateVerdict, Goal, GroupLook, Importance, Inside, Interaction, Interval, LayerRow, Looked, Map,
    MapAxis, MapPoint, MeanImage, Measure, ModelErrors, ModelPair, ModelScores, ModelSection,
    Origin, OriginInput, Outcome, Outlying, Part, Picture, Report, Resampling, SampleGrid,
    SearchSection, ShadeHistogram, Slice, SplitCounts, Staining, Standing, Tally, Trial,
    TrialCurve,
};
pub use verdict::verdict;
