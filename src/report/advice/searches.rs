//! Rules that read the trials of a search.

use super::Advice;
use crate::report::levels::{best, by_objective, extremes, is_repeat, levels, number, objective};
use crate::report::number::{count, plural, score};
use crate::report::values::{Goal, SearchSection};

/// The best value lies at an end of the values tried, and so may the best of all.
pub(super) fn beyond_the_grid(search: &SearchSection, place: usize) -> Option<Advice> {
    let name = search.parameters.get(place).filter(|name| !is_repeat(name))?;
    let levels = levels(search, place);
    let values: Vec<f64> = levels.iter().filter_map(|level| number(level.value)).collect();
    if values.len() < 2 || values.len() != levels.len() {
        return None;
    }
    let chosen = search.trials[best(search)?].values.get(place).and_then(|v| number(v))?;
    // Both the best trial and the best mean have to point over the edge.
    let (top, _) = extremes(&levels, search.goal)?;
    if number(top.value) != Some(chosen) {
        return None;
    }
    let last = values.len() - 1;
    let (direction, next) = match values.iter().position(|&v| v == chosen)? {
        0 if values[0] <= 0.0 => return None, // zero means "off"; there is nothing below
        0 => ("lower", beyond(values[1], values[0])),
        i if i == last => ("higher", beyond(values[last - 1], values[last])),
        _ => return None,
    };
    let example = next.map(|v| format!(", such as {v}")).unwrap_or_default();
    let goal = match search.goal {
        Goal::Maximize => "highest",
        Goal::Minimize => "lowest",
    };
    Advice::new(
        format!("Extend {} to {direction} values of {name}{example}", search.stage),
        format!(
            "{} is {goal} on average at {}, which is the {} of the {} values tried ({}).",
            search.objective,
            top.value,
            if direction == "lower" { "smallest" } else { "largest" },
            count(values.len() as u64),
            score(top.mean)
        ),
    )
}

/// The next value after `from`, `to`: by the same factor, or the same step where a factor makes no
/// sense. `None` where the step leaves the range that such values usually have.
fn beyond(from: f64, to: f64) -> Option<f64> {
    let shares = (0.0..1.0).contains(&from) && (0.0..1.0).contains(&to);
    let next = if from > 0.0 && to > 0.0 { to * (to / from) } else { to + (to - from) };
    // Six significant digits hide that 0.001 · 0.1 is not quite 0.0001.
    let next: f64 = format!("{next:.5e}").parse().ok()?;
    (next > 0.0 && !(shares && next >= 1.0)).then_some(next)
}

pub(super) fn failed_trials(search: &SearchSection) -> Option<Advice> {
    let failed = search.trials.iter().filter(|t| objective(t).is_none()).count() as u64;
    if failed == 0 {
        return None;
    }
    Advice::new(
        format!("Look into the failed trials of {}", search.stage),
        format!(
            "{} of {} gave no {}; the errors are in its table.",
            count(failed),
            plural(search.trials.len() as u64, "trial"),
            search.objective
        ),
    )
}

/// Closer than this, the two best trials may swap places with the next seed.
const CLOSE: f64 = 0.01;

pub(super) fn one_seed(search: &SearchSection) -> Option<Advice> {
    if search.parameters.iter().any(|p| is_repeat(p)) {
        return None;
    }
    let order = by_objective(search);
    let [first, second, ..] = order[..] else { return None };
    let gap = objective(&search.trials[first])? - objective(&search.trials[second])?;
    if gap.abs() >= CLOSE {
        return None;
    }
    Advice::new(
        format!("Repeat {} with several seeds", search.stage),
        format!(
            "Its two best trials differ by only {} in {}, and each was trained once.",
            score(gap.abs()),
            search.objective
        ),
    )
}
