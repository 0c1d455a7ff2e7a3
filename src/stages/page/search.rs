//! What a search found, as the report's values.

use super::read_csv;
use crate::{
    engine::{Artifact, Files, StageError},
    report::{
        self, Against, Combination, Goal, Importance, Interaction, SearchSection, TrialCurve,
    },
    stages::{Method, Objective, Outcome, Ranked, Search, Standing, Trial},
};
use serde::Deserialize;

/// A search with all its trials.
pub fn search(files: &Files) -> Result<SearchSection, StageError> {
    let found = Search::open(files)?;
    let repeated = repeats(&found).map(|(word, _)| word.to_string());
    let ran = |place: &usize| found.trials[*place].outcome != Outcome::NotPromoted;
    let shown: Vec<usize> = (0..found.trials.len()).filter(ran).collect();
    let comparison = format!("{}. {}", sentence(&found.comparison.test), found.comparison.limits);
    Ok(SearchSection {
        stage: files.stage.clone(),
        objective: found.objective.name().into(),
        goal: match found.objective {
            Objective::ValLoss => Goal::Minimize,
            Objective::ValAuc | Objective::ValAccuracy => Goal::Maximize,
        },
        parameters: found.parameters.iter().cloned().chain(repeated).collect(),
        trials: shown.iter().map(|&place| trial(&found, &found.trials[place])).collect(),
        best: shown.iter().position(|&place| place == found.best),
        leaderboard: found.combinations.iter().map(combination).collect(),
        comparison,
        importance: found.importance.as_ref().map(|importance| Importance {
            method: match importance.method {
                Method::Fanova => "fANOVA".into(),
                Method::PedAnova => "PED-ANOVA".into(),
            },
            shares: importance.shares.clone(),
            limits: importance.limits.clone(),
        }),
        interaction: found.interaction.as_ref().map(|together| Interaction {
            down: together.parameters.0,
            across: together.parameters.1,
            share: together.share,
            rows: together.rows.clone(),
            columns: together.columns.clone(),
            means: together.means.clone(),
        }),
        curves: curves(files, &found)?,
    })
}

/// With a capital at the start.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// Stands for a parameter that a combination leaves as the train stage has it.
const UNSET: &str = "–";

fn shown(values: &[Option<String>]) -> Vec<String> {
    values.iter().map(|value| value.clone().unwrap_or(UNSET.into())).collect()
}

/// What tells one repeat of a combination.
type Repeat = fn(&Search, &Trial) -> String;

/// In what the trials of a combination differ.
fn repeats(search: &Search) -> impl Iterator<Item = (&'static str, Repeat)> {
    let all: [(&str, bool, Repeat); 3] = [
        ("epochs", !search.rungs.is_empty(), |search, trial| {
            search.rungs.get(trial.rung).map_or(String::new(), u32::to_string)
        }),
        ("fold", search.folds > 1, |_, trial| trial.fold.to_string()),
        ("seed", search.seeds > 1, |_, trial| trial.seed.to_string()),
    ];
    all.into_iter().filter(|(_, several, _)| *several).map(|(word, _, of)| (word, of))
}

fn trial(search: &Search, trial: &Trial) -> report::Trial {
    let repeats = repeats(search).map(|(_, of)| of(search, trial));
    let values = shown(&trial.values).into_iter().chain(repeats).collect();
    let outcome = match &trial.outcome {
        Outcome::Failed { error } => report::Outcome::Failed { error: error.clone() },
        Outcome::NotPromoted => report::Outcome::Failed { error: "not trained further".into() },
        Outcome::Scored { objective, metrics: m } => {
            let auc = m.val_auc.map(|auc| ("val_auc".to_string(), auc));
            let mut metrics: Vec<_> = auc.into_iter().collect();
            metrics.push(("val_loss".into(), m.val_loss));
            metrics.push(("val_accuracy".into(), m.val_accuracy));
            metrics.push(("best epoch".into(), m.epoch as f64));
            metrics.retain(|(name, _)| name != search.objective.name());
            report::Outcome::Scored { objective: *objective, metrics }
        }
    };
    report::Trial { name: trial.name.clone(), values, outcome }
}

fn combination(ranked: &Ranked) -> Combination {
    let against =
        |pairs: usize, difference: f64, p: f64| Against { pairs: pairs as u64, difference, p };
    Combination {
        values: shown(&ranked.values),
        scored: ranked.n as u64,
        failed: (ranked.trials.len() - ranked.n) as u64,
        mean: ranked.mean,
        sd: ranked.sd,
        standing: match ranked.standing {
            Standing::Best => report::Standing::Best,
            Standing::Worse { n, difference, p_holm, .. } => {
                report::Standing::Worse(against(n, difference, p_holm))
            }
            Standing::NotTold { n, difference, p_holm, .. } => {
                report::Standing::NotTold(against(n, difference, p_holm))
            }
            Standing::Unknown => report::Standing::Unknown,
            Standing::HeldBack => report::Standing::HeldBack,
            Standing::Failed => report::Standing::Failed,
        },
    }
}

/// The learning curves of all trials.
const CURVES: &str = "curves.csv";

/// What is read of a line of `curves.csv`.
#[derive(Deserialize)]
struct CurveLine {
    trial: String,
    epoch: u32,
    val_loss: f64,
    val_accuracy: f64,
    val_auc: Option<f64>,
}

/// The objective by epoch of each trial that has a curve.
fn curves(files: &Files, search: &Search) -> Result<Vec<TrialCurve>, StageError> {
    let Some(path) = files.find(CURVES) else { return Ok(Vec::new()) };
    let mut curves: Vec<TrialCurve> = Vec::new();
    let place = |name: &str| search.trials.iter().position(|trial| trial.name == name);
    // The lines of a trial stand together, so its name is looked up once.
    let mut last: Option<String> = None;
    for line in read_csv::<CurveLine>(&path)? {
        if last.as_ref() != Some(&line.trial) {
            let Some(trial) = place(&line.trial) else { continue };
            curves.push(TrialCurve { trial, points: Vec::new() });
            last = Some(line.trial.clone());
        }
        let value = match search.objective {
            Objective::ValAuc => line.val_auc,
            Objective::ValLoss => Some(line.val_loss),
            Objective::ValAccuracy => Some(line.val_accuracy),
        };
        if let (Some(curve), Some(value)) = (curves.last_mut(), value) {
            curve.points.push((line.epoch, value));
        }
    }
    Ok(curves)
}
