//! Combinations of values with their repeats together, and how each stands to the best.

use maud::{Markup, html};

use crate::report::number::{DASH, count, or_dash, p_value, plural, score, signed};
use crate::report::table::table;
use crate::report::values::{Combination, SearchSection, Standing};
use crate::report::words::list;

/// Combinations named in a sentence.
const NAMED: usize = 4;

/// What the best combination is, and which others cannot be told from it.
pub(in crate::report) fn sentences(search: &SearchSection) -> Vec<String> {
    let Some((best, others)) = search.leaderboard.split_first() else { return Vec::new() };
    let Some(mean) = best.mean else { return Vec::new() };
    let sd = best.sd.map_or(String::new(), |sd| format!(" ± {}", score(sd)));
    let repeats = match best.scored {
        1 => "trained once".to_owned(),
        n => format!("mean and standard deviation of {}", plural(n, "training")),
    };
    let first = format!(
        "The best combination is {}, with a {} of {}{sd} ({repeats}).",
        named(search, best),
        search.objective,
        score(mean)
    );
    [Some(first), not_told(search, others)].into_iter().flatten().collect()
}

fn not_told(search: &SearchSection, others: &[Combination]) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let alike: Vec<&Combination> =
        others.iter().filter(|c| matches!(c.standing, Standing::NotTold(_))).collect();
    let unknown = others.iter().filter(|c| c.standing == Standing::Unknown).count();
    if unknown == others.len() {
        return Some(
            "Nobody can say which others are worse: it takes two repeats or more of each."
                .to_owned(),
        );
    }
    let worse = others.iter().filter(|c| matches!(c.standing, Standing::Worse(_))).count() as u64;
    let named: Vec<String> = alike.iter().take(NAMED).map(|c| named(search, c)).collect();
    let more = match alike.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(", and {} more", count(n as u64)),
    };
    Some(match alike.len() {
        0 => format!("It is better than {} beyond chance.", plural(worse, "other combination")),
        1 => format!("{} cannot be told from it; {} worse.", named[0], are(worse)),
        n => format!(
            "{} of the {} others cannot be told from it ({}{more}); {} worse.",
            count(n as u64),
            count(others.len() as u64),
            named.join("; "),
            are(worse)
        ),
    })
}

fn are(n: u64) -> String {
    if n == 1 { "1 is".to_owned() } else { format!("{} are", count(n)) }
}

/// `lr 0.001, batch_size 32`
fn named(search: &SearchSection, combination: &Combination) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let each = search.parameters.iter().zip(&combination.values);
    let each: Vec<String> = each.map(|(name, value)| format!("{} {value}", last(name))).collect();
    list(&each)
}

/// Combinations listed; a larger search names how many it leaves out.
const LISTED: usize = 100;

pub(super) fn markup(search: &SearchSection) -> Markup {
    if search.leaderboard.len() < 2 {
        return html! {};
    }
    let values = search.leaderboard.first().map_or(0, |c| c.values.len());
    let mut headings = vec!["Rank"];
    headings.extend(search.parameters.iter().take(values).map(String::as_str));
    headings.extend(["Trainings", "Mean", "sd", "Less the best", "p", "Against the best"]);
    let rows = html! {
        @for (rank, combination) in search.leaderboard.iter().enumerate().take(LISTED) {
            tr.best[combination.standing == Standing::Best] { (row(rank, combination)) }
        }
    };
    let left_out = search.leaderboard.len().saturating_sub(LISTED) as u64;
    html! {
        (table(&format!("Combinations of {} by mean {}", search.stage, search.objective), &headings, rows))
        @if left_out > 0 { p.empty { "And " (plural(left_out, "more combination")) "." } }
        @if !search.comparison.is_empty() { p { small { (search.comparison) } } }
    }
}

fn row(rank: usize, combination: &Combination) -> Markup {
    let (against, words) = match combination.standing {
        Standing::Best => (None, "best"),
        Standing::Worse(against) => (Some(against), "worse"),
        Standing::NotTold(against) => (Some(against), "cannot be told from it"),
        Standing::Unknown => (None, "unknown"),
        Standing::HeldBack => (None, "not trained further"),
        Standing::Failed => (None, "failed"),
    };
    html! {
        th scope="row" { (rank + 1) }
        @for value in &combination.values { td { (value) } }
        td {
            (count(combination.scored))
            @if combination.failed > 0 { small { " (" (count(combination.failed)) " failed)" } }
        }
        td { (or_dash(combination.mean, score)) }
        td { (or_dash(combination.sd, score)) }
        td { (against.map_or(DASH.to_owned(), |a| signed(a.difference))) }
        td { (against.map_or(DASH.to_owned(), |a| p_value(a.p))) }
        td.words { (words) }
    }
}
