//! What the page knows of a search.

use serde::{Deserialize, Serialize};

/// One search over parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchSection {
    pub stage: String,
    /// The metric that ranks the trials, such as "val_auc".
    pub objective: String,
    pub goal: Goal,
    /// Names of the varied parameters. One whose last part is `seed` counts as repetition.
    pub parameters: Vec<String>,
    pub trials: Vec<Trial>,
    /// The winner's place in `trials`.
    pub best: Option<usize>,
    /// Combinations of values with their repeats together, the best first; empty where nobody
    /// ranked them.
    pub leaderboard: Vec<Combination>,
    /// How the combinations were compared with the best, in a sentence or two.
    pub comparison: String,
    pub importance: Option<Importance>,
    pub interaction: Option<Interaction>,
    /// The objective by epoch on the validation split, for each trial that has it.
    pub curves: Vec<TrialCurve>,
}

/// A combination of values with all its repeats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Combination {
    /// One value for each of the varied parameters; repeats (`fold`, `seed`) have none.
    pub values: Vec<String>,
    /// Repeats that have a figure, and those that failed.
    pub scored: u64,
    pub failed: u64,
    /// Of the objective.
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub standing: Standing,
}

/// How a combination stands to the best one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Best,
    Worse(Against),
    /// The difference may as well be chance.
    NotTold(Against),
    /// Too few repeats to say.
    #[default]
    Unknown,
    /// Others were better after fewer epochs, and it was not trained further.
    HeldBack,
    Failed,
}

/// A combination against the best, over the repeats that both have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Against {
    pub pairs: u64,
    /// Its mean objective less that of the best.
    pub difference: f64,
    /// After Holm's correction over all comparisons.
    pub p: f64,
}

/// How important each parameter was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// `fANOVA` or `PED-ANOVA`.
    pub method: String,
    /// One for each varied parameter, 0 to 1.
    pub shares: Vec<f64>,
    /// What the figures do not say.
    pub limits: String,
}

/// Mean objectives by the values of two parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Places in the search's parameters.
    pub down: usize,
    pub across: usize,
    /// The share of the variance that the two explain only together.
    pub share: Option<f64>,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    pub means: Vec<Vec<Option<f64>>>,
}

/// One trial's way through its epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialCurve {
    /// Its place in the search's trials.
    pub trial: usize,
    pub points: Vec<(u32, f64)>,
}

/// Which objective is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    #[default]
    Maximize,
    Minimize,
}

/// One point of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub name: String,
    /// One value for each of the search's parameters, in their order, as the user wrote it.
    pub values: Vec<String>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Scored {
        objective: f64,
        /// Further metrics, by name; the same names in the same order in each trial read best.
        metrics: Vec<(String, f64)>,
    },
    Failed {
        error: String,
    },
}
