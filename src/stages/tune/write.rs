//! The files of a search: `search.json`, `trials.csv`, `leaderboard.csv`, `curves.csv`, `best.json`
//! and the best model.

use super::{
    curves::write_curves,
    search::{Outcome, Search, Standing},
};
use crate::{
    engine::{Files, StageError},
    nn::Epoch,
    stages::artifacts::{MODEL_FILES, unwritten, write_json},
};
use std::path::Path;

/// Writes all files of a search into a folder. `models` are the places of trials with their models'
/// files and histories.
pub fn write(
    search: &Search,
    models: &[(usize, &Files, Vec<Epoch>)],
    out: &Path,
) -> Result<(), StageError> {
    write_json(&out.join("search.json"), search)?;
    write_json(&out.join("best.json"), &search.trials[search.best])?;
    table(&out.join("trials.csv"), trials(search))?;
    table(&out.join("leaderboard.csv"), leaderboard(search))?;
    write_curves(search, models, out)?;
    if let Some((_, files, _)) = models.iter().find(|(place, ..)| *place == search.best) {
        for name in MODEL_FILES {
            let to = out.join(name);
            std::fs::copy(files.path(name)?, &to).map_err(|e| unwritten(&to, &e))?;
        }
    }
    Ok(())
}

fn table(path: &Path, rows: Vec<Vec<String>>) -> Result<(), StageError> {
    let mut csv = csv::Writer::from_path(path).map_err(|e| unwritten(path, &e))?;
    for row in rows {
        csv.write_record(row).map_err(|e| unwritten(path, &e))?;
    }
    csv.flush().map_err(|e| unwritten(path, &e))
}

/// A line a point, in the order of the search; what failed has an error instead of figures.
fn trials(search: &Search) -> Vec<Vec<String>> {
    let figures = ["objective", "best_epoch", "val_auc", "val_loss", "val_accuracy", "train_loss"];
    let mut rows =
        vec![headed(&["trial", "combination"], search, &["rung", "fold", "seed", "status"])];
    rows[0].extend(figures.map(str::to_string));
    rows[0].push("error".into());
    for trial in &search.trials {
        let mut row = vec![trial.name.clone(), trial.combination.to_string()];
        row.extend(trial.values.iter().map(|value| value.clone().unwrap_or_default()));
        row.extend([trial.rung.to_string(), trial.fold.to_string(), trial.seed.to_string()]);
        match &trial.outcome {
            Outcome::Scored { objective, metrics: m } => {
                row.extend(["ok".into(), objective.to_string(), m.epoch.to_string()]);
                row.push(text(m.val_auc));
                row.extend([m.val_loss, m.val_accuracy, m.train_loss].map(|x| x.to_string()));
                row.push(String::new());
            }
            Outcome::Failed { error } => {
                row.push("failed".into());
                row.extend(figures.map(|_| String::new()));
                row.push(error.clone());
            }
            Outcome::NotPromoted => {
                row.push("not promoted".into());
                row.extend(figures.map(|_| String::new()));
                row.push(String::new());
            }
        }
        rows.push(row);
    }
    rows
}

/// A line a combination, the best first.
fn leaderboard(search: &Search) -> Vec<Vec<String>> {
    let figures = ["rung", "n", "failed", "mean", "sd", "standing", "difference", "p", "p_holm"];
    let mut rows = vec![headed(&["rank", "combination"], search, &figures)];
    for (i, ranked) in search.combinations.iter().enumerate() {
        let mut row = vec![(i + 1).to_string(), ranked.combination.to_string()];
        row.extend(ranked.values.iter().map(|value| value.clone().unwrap_or_default()));
        let failed = ranked.trials.len() - ranked.n;
        row.extend([ranked.rung, ranked.n, failed].map(|n| n.to_string()));
        row.extend([text(ranked.mean), text(ranked.sd)]);
        let (word, compared) = match ranked.standing {
            Standing::Best => ("best", None),
            Standing::Worse { difference, p, p_holm, .. } => {
                ("worse", Some([difference, p, p_holm]))
            }
            Standing::NotTold { difference, p, p_holm, .. } => {
                ("not told from the best", Some([difference, p, p_holm]))
            }
            Standing::Unknown => ("unknown", None),
            Standing::HeldBack => ("not promoted", None),
            Standing::Failed => ("failed", None),
        };
        row.push(word.into());
        row.extend(match compared {
            Some(figures) => figures.map(|x| x.to_string()),
            None => Default::default(),
        });
        rows.push(row);
    }
    rows
}

fn headed(before: &[&str], search: &Search, after: &[&str]) -> Vec<String> {
    let parameters = search.parameters.iter().map(String::as_str);
    let all = before.iter().copied().chain(parameters).chain(after.iter().copied());
    all.map(str::to_string).collect()
}

/// A figure, or nothing.
fn text(figure: Option<f64>) -> String {
    figure.map_or(String::new(), |figure| figure.to_string())
}
