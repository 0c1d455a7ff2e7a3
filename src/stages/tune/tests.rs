//! Leaderboards, comparisons and effects of trials with figures made up by hand.

use super::{
    Objective, Outcome, Ranked, Standing, Trial,
    compare::compare,
    effects::Effects,
    rank::{best_trial, ranked},
    search::Method,
};
use crate::nn::Epoch;

/// A trial of a combination on a seed; no figure is a failure.
fn trial(combination: usize, seed: u32, values: &[&str], objective: Option<f64>) -> Trial {
    let metrics = Epoch {
        epoch: 1,
        lr: 0.1,
        train_loss: 0.5,
        train_accuracy: 0.5,
        val_loss: 0.5,
        val_accuracy: 0.5,
        val_auc: objective,
    };
    let outcome = match objective {
        Some(objective) => Outcome::Scored { objective, metrics },
        None => Outcome::Failed { error: "diverged".into() },
    };
    let values = values.iter().map(|value| Some(value.to_string())).collect();
    let name = format!("s[{combination},seed={seed}]");
    Trial { name, combination, rung: 0, values, fold: 0, seed, outcome }
}

fn order(ranked: &[Ranked]) -> Vec<usize> {
    ranked.iter().map(|r| r.combination).collect()
}

#[test]
fn failures_rank_behind_whole_combinations_and_losses_upside_down() {
    let trials = [
        trial(0, 0, &[], Some(0.7)),
        trial(0, 1, &[], Some(0.9)),
        trial(1, 0, &[], Some(0.99)),
        trial(1, 1, &[], None),
        trial(2, 0, &[], Some(0.85)),
        trial(2, 1, &[], Some(0.85)),
        trial(3, 0, &[], None),
        trial(3, 1, &[], None),
    ];
    assert_eq!(order(&ranked(&trials, Objective::ValAuc)), [2, 0, 1, 3]);
    let by_loss = ranked(&trials, Objective::ValLoss);
    assert_eq!(order(&by_loss), [0, 2, 1, 3]);
    assert_eq!((by_loss[2].n, by_loss[3].standing), (1, Standing::Failed));
    assert_eq!(by_loss[0].sd.map(|sd| (sd * 1e6).round()), Some(141_421.0));
    // Of the best combination by loss, the seed with the least loss.
    assert_eq!(best_trial(&by_loss, &trials, Objective::ValLoss), 0);
    assert_eq!(best_trial(&ranked(&trials, Objective::ValAuc), &trials, Objective::ValAuc), 4);
}

/// Differences to the best: −0.1 on each seed but for a breath, which is told; −0.1, 0.1, −0.03,
/// which is not; and one repeat, of which nothing is known.
#[test]
fn what_can_be_told_from_the_best() {
    let figures = [
        [Some(0.90), Some(0.80), Some(0.85)],
        [Some(0.80), Some(0.70), Some(0.7501)],
        [Some(0.80), Some(0.90), Some(0.82)],
        [Some(0.70), None, None],
    ];
    let mut trials = Vec::new();
    for (combination, figures) in figures.iter().enumerate() {
        trials.extend(
            (0..).zip(figures).map(|(seed, figure)| trial(combination, seed, &[], *figure)),
        );
    }
    let mut board = ranked(&trials, Objective::ValAuc);
    let said = compare(&mut board, &trials, Objective::ValAuc, 1);
    assert_eq!(order(&board), [0, 2, 1, 3]);
    assert!(matches!(board[0].standing, Standing::Best));
    assert!(matches!(board[1].standing, Standing::NotTold { n: 3, .. }), "{:?}", board[1]);
    let Standing::Worse { difference, p, p_holm, .. } = board[2].standing else {
        panic!("{:?}", board[2].standing)
    };
    assert!((difference + 0.099_966_666).abs() < 1e-6);
    assert!((p_holm - 2.0 * p).abs() < 1e-15, "the smaller of two counts twice: {p} {p_holm}");
    assert!(matches!(board[3].standing, Standing::Unknown));
    assert!(said.test.contains("Holm") && !said.test.contains("Nadeau"));
}

/// y = 3a + b on a full grid: the exact shares are 0.9 and 0.1, and nothing is left for both.
#[test]
fn a_full_grid_is_decomposed_exactly() {
    let grid = [("0.1", "x", 0.0), ("0.1", "y", 0.1), ("0.2", "x", 0.3), ("0.2", "y", 0.4)];
    let each = grid.iter().enumerate();
    let trials: Vec<_> = each.map(|(i, (a, b, y))| trial(i, 0, &[a, b], Some(*y))).collect();
    let board = ranked(&trials, Objective::ValAuc);
    let Effects { importance, interaction } = Effects::of(&["a", "b"], &board, Objective::ValAuc);
    let (importance, interaction) = (importance.unwrap(), interaction.unwrap());
    assert_eq!(importance.method, Method::Fanova);
    assert!((importance.shares[0] - 0.9).abs() < 1e-12);
    assert!((importance.shares[1] - 0.1).abs() < 1e-12);
    assert_eq!((interaction.parameters, &*interaction.rows[1]), ((0, 1), "0.2"));
    assert_eq!(interaction.means, [[Some(0.0), Some(0.1)], [Some(0.3), Some(0.4)]]);
    assert!(interaction.share.unwrap().abs() < 1e-12);
}

#[test]
fn a_grid_with_a_hole_and_few_points_has_no_importance() {
    let trials = [trial(0, 0, &["1"], Some(0.1)), trial(1, 0, &["2"], None)];
    let board = ranked(&trials, Objective::ValAuc);
    assert_eq!(Effects::of(&["a"], &board, Objective::ValAuc).importance, None);
}

#[test]
fn many_numbers_become_ranges() {
    let drawn: Vec<_> = (0..20)
        .map(|i| trial(i, 0, &[&format!("0.{i:02}"), ["x", "y"][i % 2]], Some(i as f64 / 20.0)))
        .collect();
    let board = ranked(&drawn, Objective::ValAuc);
    let effects = Effects::of(&["a", "b"], &board, Objective::ValAuc);
    let importance = effects.importance.unwrap();
    assert_eq!(importance.method, Method::PedAnova);
    assert!(importance.shares[0] > 0.9, "{:?}", importance.shares);
    let interaction = effects.interaction.unwrap();
    assert_eq!((interaction.rows.len(), &*interaction.rows[0]), (8, "0.00–0.01"));
    assert_eq!(interaction.share, None);
}
