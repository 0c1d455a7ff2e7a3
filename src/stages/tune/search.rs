//! What a search found, as its `search.json` holds it and as a report reads it.

use super::Objective;
use crate::{
    engine::{Artifact, Files, StageError},
    nn::Epoch,
    stages::artifacts::read_json,
};
use serde::{Deserialize, Serialize};

/// A search: its trials, the combinations ranked, and what the parameters did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub objective: Objective,
    /// The varied parameters by their paths, such as `optimizer.adam.lr`, in alphabetical order;
    /// repeats over seeds and folds are not among them.
    pub parameters: Vec<String>,
    /// How many seeds each combination was to be trained with.
    pub seeds: u32,
    /// On how many folds each combination was to be trained.
    pub folds: u32,
    /// With successive halving the epochs of each rung; else empty.
    pub rungs: Vec<u32>,
    /// Every point, those that failed or were not promoted included, in the order of the search.
    pub trials: Vec<Trial>,
    /// The place in `trials` of the model that the search holds: of the best combination the best
    /// seed on the first fold, whose test split is that of the train stage's own data.
    pub best: usize,
    /// The leaderboard: every combination, the best mean first. Of several rungs, those that came
    /// further stand before the others, each with its figures of the last rung that it reached. One
    /// of which a repeat failed stands after all that are whole; one without any result is last.
    pub combinations: Vec<Ranked>,
    /// How the others were compared with the best, in a sentence or two.
    pub comparison: Basis,
    /// What each parameter did; none where that cannot be said.
    pub importance: Option<Importance>,
    /// The two most important parameters together; none of fewer than two.
    pub interaction: Option<Interaction>,
}

/// One point of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The stage's name: `search[lr=0.001]`.
    pub name: String,
    /// Its combination's number: the order in which the search tries them, from 0.
    pub combination: usize,
    /// Its rung, from 0; always 0 without halving.
    pub rung: usize,
    /// One value a parameter of the search, in their order, as it is shown; none where the
    /// combination leaves the parameter as the train stage has it.
    pub values: Vec<Option<String>>,
    /// Counting up from the preprocess stage's own fold.
    pub fold: u32,
    /// Counting up from the train stage's own seed.
    pub seed: u32,
    pub outcome: Outcome,
}

/// What became of a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// How it did at the epoch whose weights were kept.
    Scored {
        objective: f64,
        metrics: Epoch,
    },
    Failed {
        error: String,
    },
    /// It did not run: on the rung below others were better.
    NotPromoted,
}

/// A combination with all its repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// Its number, as in its trials.
    pub combination: usize,
    pub values: Vec<Option<String>>,
    /// The last rung that it reached.
    pub rung: usize,
    /// The places of its trials on that rung.
    pub trials: Vec<usize>,
    /// How many of them have a figure.
    pub n: usize,
    /// Of the objective, over seeds and folds; none without a figure.
    pub mean: Option<f64>,
    /// The standard deviation over seeds and folds; none of fewer than two.
    pub sd: Option<f64>,
    pub standing: Standing,
}

/// How a combination stands to the best one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Standing {
    /// It has the best mean.
    Best,
    /// Its difference from the best (its own mean less the best's, over the repeats that both have),
    /// how many pairs that is of, and the probability of such a difference by chance, as it came
    /// (`p`) and adjusted for all comparisons (`p_holm`).
    Worse { n: usize, difference: f64, p: f64, p_holm: f64 },
    /// As `Worse`, but the difference may as well be chance: `p_holm` is above 0.05.
    NotTold { n: usize, difference: f64, p: f64, p_holm: f64 },
    /// It has too few repeats in common with the best to say.
    Unknown,
    /// It was not promoted to the rung of the best.
    HeldBack,
    /// None of its trials has a figure.
    Failed,
}

/// On what the comparison of combinations rests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    pub test: String,
    pub limits: String,
}

/// How important each parameter was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    pub method: Method,
    /// One a parameter, in their order, 0 to 1. By `Fanova` they need not sum to 1: the rest is
    /// interaction.
    pub shares: Vec<f64>,
    /// What the figures do not say.
    pub limits: String,
}

/// How importance was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The exact share of the variance between combinations, on a full grid.
    Fanova,
    /// How much the best quarter differs from all, where the grid is not full.
    PedAnova,
}

/// Means over two parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interaction {
    /// The places in `parameters`, the more important first.
    pub parameters: (usize, usize),
    /// The share of the variance that the two explain only together; by `Fanova` alone.
    pub share: Option<f64>,
    /// What stands at each row: a value of the first parameter, or a range of them.
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// For each row and column the mean of the objective over combinations; none without any.
    pub means: Vec<Vec<Option<f64>>>,
}

impl Trial {
    /// The figure of the objective, if it has one.
    pub fn objective(&self) -> Option<f64> {
        match &self.outcome {
            Outcome::Scored { objective, .. } => Some(*objective),
            Outcome::Failed { .. } | Outcome::NotPromoted => None,
        }
    }
}

impl Search {
    /// How many points failed: the search is partial if there are any.
    pub fn failed(&self) -> usize {
        let failed = |trial: &&Trial| matches!(trial.outcome, Outcome::Failed { .. });
        self.trials.iter().filter(failed).count()
    }

    /// The combinations that cannot be told from the best, better means first.
    pub fn not_told(&self) -> impl Iterator<Item = &Ranked> {
        self.combinations.iter().filter(|c| matches!(c.standing, Standing::NotTold { .. }))
    }
}

impl Artifact for Search {
    const TYPE: &'static str = "search";
    fn open(files: &Files) -> Result<Search, StageError> {
        read_json(&files.path("search.json")?)
    }
    /// `val_auc 0.9130 (lr=0.001)`; of several repeats the mean, `0.9130 ± 0.0021`; and whether it
    /// is partial.
    fn headline(&self) -> Option<String> {
        let (best, trial) = (self.combinations.first()?, self.trials.get(self.best)?);
        let name = &trial.name;
        let inside = name.split_once('[').map_or(&**name, |(_, rest)| rest.trim_end_matches(']'));
        let sd = best.sd.map_or(String::new(), |sd| format!(" ± {sd:.4}"));
        let partial = match self.failed() {
            0 => String::new(),
            n => format!(", partial: {n} of {} points failed", self.trials.len()),
        };
        Some(format!("{} {:.4}{sd} ({inside}){partial}", self.objective.name(), best.mean?))
    }
}
