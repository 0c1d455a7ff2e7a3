//! What each parameter did to the objective, and the two most important together.

use super::{
    Objective,
    search::{Importance, Interaction, Method, Ranked},
};
use crate::metrics::search::{Fanova, Levels, divergences, fanova, levels_of_numbers, mean};

/// More levels than this of one parameter are ranges instead of single values.
const MOST: usize = 8;

/// The importance of the parameters and the interaction of two.
#[derive(Default)]
pub struct Effects {
    pub importance: Option<Importance>,
    pub interaction: Option<Interaction>,
}

/// One parameter over all combinations that have a figure.
struct Parameter {
    /// None where the combination does not set it.
    of: Vec<Option<usize>>,
    /// What each level is called.
    names: Vec<String>,
}

impl Effects {
    pub fn of(keys: &[&str], combinations: &[Ranked], objective: Objective) -> Effects {
        let scored: Vec<&Ranked> = combinations.iter().filter(|c| c.mean.is_some()).collect();
        let whole = scored.len() == combinations.len();
        let means: Vec<f64> = scored.iter().filter_map(|c| c.mean).collect();
        let parameters: Vec<Parameter> =
            (0..keys.len()).map(|place| Parameter::of(place, &scored)).collect();
        let exact = whole.then(|| exact(&parameters, &means)).flatten();
        let importance = match &exact {
            Some(found) => Some(by_variance(found)),
            None => {
                let merits: Vec<f64> = means.iter().map(|mean| objective.merit(*mean)).collect();
                let levels: Vec<_> = parameters.iter().map(|p| p.of.clone()).collect();
                divergences(&levels, &merits).map(by_divergence)
            }
        };
        let interaction = importance.as_ref().and_then(|importance| {
            let (a, b) = two_most(&importance.shares, &parameters)?;
            let pair = |(i, j, _): &&(usize, usize, f64)| (*i, *j) == (a.min(b), a.max(b));
            let share = exact.as_ref().and_then(|found| Some(found.pairs.iter().find(pair)?.2));
            Some(together((a, b), share, &parameters, &means))
        });
        Effects { importance, interaction }
    }
}

impl Parameter {
    fn of(place: usize, combinations: &[&Ranked]) -> Parameter {
        let values: Vec<Option<&str>> =
            combinations.iter().map(|c| c.values.get(place)?.as_deref()).collect();
        let numbers: Option<Vec<f64>> =
            values.iter().flatten().map(|value| value.parse().ok()).collect();
        match numbers {
            Some(numbers) if !numbers.is_empty() => Parameter::of_numbers(&values, &numbers),
            _ => Parameter::of_names(&values),
        }
    }

    fn of_names(values: &[Option<&str>]) -> Parameter {
        let mut names: Vec<&str> = values.iter().flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        let level = |value: &Option<&str>| names.binary_search(&(*value)?).ok();
        let of = values.iter().map(level).collect();
        Parameter { of, names: names.iter().map(|name| name.to_string()).collect() }
    }

    /// `numbers` are those of the values that are set, in their order.
    fn of_numbers(values: &[Option<&str>], numbers: &[f64]) -> Parameter {
        let Levels { of, count } = levels_of_numbers(numbers, MOST);
        let set: Vec<&str> = values.iter().flatten().copied().collect();
        let name = |level: usize| {
            let within = (0..set.len()).filter(|&i| of[i] == level);
            let by_number = |a: &usize, b: &usize| numbers[*a].total_cmp(&numbers[*b]);
            let (low, high) = (within.clone().min_by(by_number), within.max_by(by_number));
            match (low.map(|i| set[i]), high.map(|i| set[i])) {
                (Some(low), Some(high)) if low == high => low.to_string(),
                (Some(low), Some(high)) => format!("{low}–{high}"),
                _ => String::new(),
            }
        };
        let names = (0..count).map(name).collect();
        let mut levels = of.iter();
        let of = values.iter().map(|value| value.and_then(|_| levels.next().copied())).collect();
        Parameter { of, names }
    }
}

/// The variance decomposition, if every combination of all values is there.
fn exact(parameters: &[Parameter], means: &[f64]) -> Option<Fanova> {
    let levels = parameters.iter().map(|parameter| {
        let of = parameter.of.iter().copied().collect::<Option<Vec<usize>>>()?;
        Some(Levels { of, count: parameter.names.len() })
    });
    fanova(&levels.collect::<Option<Vec<_>>>()?, means)
}

fn by_variance(found: &Fanova) -> Importance {
    Importance {
        method: Method::Fanova,
        shares: found.main.clone(),
        limits: "Shares of the variance between the combinations of this grid: they hold for its \
                 values alone, a wider range of a parameter makes it more important, and chance \
                 between repeats is part of them."
            .into(),
    }
}

fn by_divergence(shares: Vec<f64>) -> Importance {
    Importance {
        method: Method::PedAnova,
        shares,
        limits: "How far the best quarter of the combinations differs from all in each parameter, \
                 in shares of their sum: it sees no interaction, and with few combinations chance \
                 gives every parameter some importance."
            .into(),
    }
}

/// The two parameters with the greatest shares that have more than one level.
fn two_most(shares: &[f64], parameters: &[Parameter]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> =
        (0..shares.len()).filter(|&i| parameters[i].names.len() > 1).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    Some((*order.first()?, *order.get(1)?))
}

fn together(
    (a, b): (usize, usize),
    share: Option<f64>,
    parameters: &[Parameter],
    means: &[f64],
) -> Interaction {
    let (down, across) = (&parameters[a], &parameters[b]);
    let cell = |row: usize, column: usize| {
        let here =
            (0..means.len()).filter(|&i| down.of[i] == Some(row) && across.of[i] == Some(column));
        mean(&here.map(|i| means[i]).collect::<Vec<_>>())
    };
    let row = |row| (0..across.names.len()).map(|column| cell(row, column)).collect();
    Interaction {
        parameters: (a, b),
        share,
        rows: down.names.clone(),
        columns: across.names.clone(),
        means: (0..down.names.len()).map(row).collect(),
    }
}
