//! Which combinations cannot be told from the best.

use super::{
    Objective,
    search::{Basis, Ranked, Standing, Trial},
};
use crate::metrics::{
    holm,
    search::{Overlap, Paired, paired},
};

/// Above this probability a difference may as well be chance.
const SURE: f64 = 0.05;

/// Gives every combination its standing to the first, and says how.
pub fn compare(
    combinations: &mut [Ranked],
    trials: &[Trial],
    objective: Objective,
    folds: u32,
) -> Basis {
    let Some((best, others)) = combinations.split_first_mut() else { return said(folds) };
    best.standing = Standing::Best;
    let overlap = overlap(folds);
    for other in others.iter_mut().filter(|other| other.rung < best.rung && other.n > 0) {
        other.standing = Standing::HeldBack;
    }
    let test = |other: &Ranked| {
        let fair = other.rung == best.rung;
        fair.then(|| paired(&differences(other, best, trials), overlap)).flatten()
    };
    let tests: Vec<Option<Paired>> = others.iter().map(test).collect();
    let p: Vec<Option<f64>> = tests.iter().map(|test| test.as_ref().map(|test| test.p)).collect();
    for ((other, test), p_holm) in others.iter_mut().zip(tests).zip(holm(&p)) {
        let (Some(Paired { n, difference, p }), Some(p_holm)) = (test, p_holm) else { continue };
        let worse = objective.merit(difference) < 0.0 && p_holm <= SURE;
        other.standing = match worse {
            true => Standing::Worse { n, difference, p, p_holm },
            false => Standing::NotTold { n, difference, p, p_holm },
        };
    }
    said(folds)
}

/// The differences of the objective on the seeds and folds that both have.
fn differences(other: &Ranked, best: &Ranked, trials: &[Trial]) -> Vec<f64> {
    let repeat = |place: &usize| (trials[*place].fold, trials[*place].seed);
    let difference = |place: &usize| {
        let theirs = best.trials.iter().find(|b| repeat(b) == repeat(place))?;
        Some(trials[*place].objective()? - trials[*theirs].objective()?)
    };
    other.trials.iter().filter_map(difference).collect()
}

/// Of k folds one is validated on and k − 2 are learnt from. The data may have more folds than the
/// search uses; taking those that it uses errs on the side of doubt.
fn overlap(folds: u32) -> Overlap {
    match folds {
        0 | 1 => Overlap::None,
        folds => Overlap::Folds { scored_to_learnt: 1.0 / f64::from(folds.max(3) - 2) },
    }
}

fn said(folds: u32) -> Basis {
    let (pairs, corrected) = match folds {
        0 | 1 => ("seeds", ""),
        _ => (
            "seeds and folds",
            ", its variance corrected for folds that share images (Nadeau and Bengio 2003)",
        ),
    };
    Basis {
        test: format!(
            "two-sided paired t test against the best combination over the same {pairs}{corrected}, \
             adjusted for all comparisons by Holm (1979); worse means p ≤ {SURE}"
        ),
        limits: "The best was chosen by the same figures, which favours it; differences are taken \
                 to be normal, which few repeats cannot show; with fewer than two repeats nothing \
                 can be told."
            .into(),
    }
}
