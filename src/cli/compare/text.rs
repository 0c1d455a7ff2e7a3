//! A comparison for people: in the terminal, and as Markdown.

use crate::{
    cli::table::{self, seconds},
    stages::{Change, Compared, Comparison, Figure, Pair},
};

/// Rows under a header.
type Table = (Vec<String>, Vec<Vec<String>>);

/// Differences of parameters that are listed for a model; JSON has all.
const CHANGES: usize = 20;

/// For terminals.
pub fn table(comparison: &Comparison) -> String {
    let plain = |(header, rows): Table| {
        table::table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
    };
    let mut parts = vec![plain(models(comparison))];
    if !comparison.pairs.is_empty() {
        parts.push(format!("{}\n{}", plain(pairs(comparison)), conclusion(comparison)));
    }
    for model in comparison.models.iter().filter(|model| is_changed(model)) {
        let lines = changes(&model.changes).join("\n  ");
        parts.push(format!("{}\n  {lines}", title(comparison, model)));
    }
    parts.extend(notes(comparison).map(|note| format!("note: {note}")));
    parts.join("\n\n")
}

/// For notes and pull requests.
pub fn markdown(comparison: &Comparison) -> String {
    let mut parts = vec![piped(models(comparison))];
    if !comparison.pairs.is_empty() {
        parts.push(piped(pairs(comparison)));
        parts.push(conclusion(comparison));
    }
    for model in comparison.models.iter().filter(|model| is_changed(model)) {
        let lines: Vec<_> = changes(&model.changes).iter().map(|it| format!("- `{it}`")).collect();
        parts.push(format!("{}\n\n{}", title(comparison, model), lines.join("\n")));
    }
    parts.extend(notes(comparison).map(|note| format!("> {note}")));
    parts.join("\n\n")
}

/// Whether there is something to say of how it was made.
fn is_changed(model: &Compared) -> bool {
    !model.changes.is_empty() && model.same_as.is_none()
}

fn notes(comparison: &Comparison) -> impl Iterator<Item = String> {
    let same = |model: &Compared| {
        let earlier = model.same_as.as_ref()?;
        Some(format!("{} is the same as {earlier} and not tested again", model.name))
    };
    comparison.models.iter().filter_map(same).chain(comparison.notes.iter().cloned())
}

fn piped((header, rows): Table) -> String {
    let width = header.len();
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = format!("|{}", " --- |".repeat(width));
    let rows = rows.iter().map(|row| line(row));
    [line(&header), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The metrics that are shown, by their names in files, under shorter ones.
const SHOWN: [(&str, &str); 5] = [
    ("accuracy", "accuracy"),
    ("sensitivity", "sensitivity"),
    ("specificity", "specificity"),
    ("f1", "f1"),
    ("ece", "ece"),
];

fn models(comparison: &Comparison) -> Table {
    let level = comparison.level * 100.0;
    let mut header = ["model", "split", "images"].map(String::from).to_vec();
    header.extend([format!("auc [{level:.0} %]"), "Δ auc".into()]);
    for (_, name) in SHOWN {
        header.push(name.into());
        if name == "accuracy" {
            header.push("Δ accuracy".into());
        }
    }
    header.extend(["trained in".into(), "speed".into()]);
    (header, comparison.models.iter().map(row).collect())
}

fn row(model: &Compared) -> Vec<String> {
    let figure = |name: &str| model.metrics.iter().find(|(it, _)| it.name() == name).map(|it| it.1);
    let value = |figure: Option<&Figure>| number(figure.and_then(|figure| figure.value));
    let change = |figure: Option<&Figure>| {
        figure.and_then(|figure| figure.difference).map_or(String::new(), signed)
    };
    let auc = figure("auc");
    let interval = auc.and_then(|auc| auc.interval);
    let interval =
        interval.map_or(String::new(), |it| format!(" [{:.4}, {:.4}]", it.lower, it.upper));
    let groups = if model.groups == 1 { "group" } else { "groups" };
    let images = format!("{} of {} {groups}", model.images, model.groups);
    let mut row = vec![model.name.clone(), model.split.to_string(), images];
    row.extend([value(auc) + &interval, change(auc)]);
    for (name, _) in SHOWN {
        row.push(value(figure(name)));
        if name == "accuracy" {
            row.push(change(figure(name)));
        }
    }
    let trained = model.trained.as_ref();
    row.push(trained.map_or(String::new(), |trained| seconds(trained.seconds)));
    let rate = trained.and_then(|trained| trained.rate());
    row.push(rate.map_or(String::new(), |rate| rate.to_string()));
    row
}

fn pairs(comparison: &Comparison) -> Table {
    let level = comparison.level * 100.0;
    let header = vec![
        "first − second".into(),
        format!("Δ auc [{level:.0} %]"),
        "p by group".into(),
        "p DeLong".into(),
        "p McNemar".into(),
    ];
    let row = |pair: &Pair| {
        let difference = pair.auc.map_or(String::new(), |auc| signed(auc.difference));
        let interval = pair
            .interval
            .map_or(String::new(), |it| format!(" [{}, {}]", signed(it.lower), signed(it.upper)));
        vec![
            format!("{} − {}", pair.first, pair.second),
            difference + &interval,
            p(pair.adjusted_p),
            p(pair.delong_adjusted_p),
            p(pair.mcnemar_adjusted_p),
        ]
    };
    (header, comparison.pairs.iter().map(row).collect())
}

/// Which models can be told apart, in words.
fn conclusion(comparison: &Comparison) -> String {
    let alpha = 1.0 - comparison.level;
    let apart = |pair: &&Pair| pair.adjusted_p.is_some_and(|p| p < alpha);
    let name = |pair: &Pair| match pair.auc.is_some_and(|auc| auc.difference < 0.0) {
        true => format!("{} ranks better than {}", pair.second, pair.first),
        false => format!("{} ranks better than {}", pair.first, pair.second),
    };
    let found: Vec<String> = comparison.pairs.iter().filter(apart).map(name).collect();
    let rest = comparison.pairs.len() - found.len();
    let pairs = |n: usize| if n == 1 { "1 pair".into() } else { format!("{n} pairs") };
    let all = pairs(comparison.pairs.len());
    let adjusted = format!("p-values are adjusted for {all} (Holm)");
    if let Some(groups) = comparison.few_groups() {
        let groups = if groups == 1 { "1 group".into() } else { format!("{groups} groups") };
        return format!("{adjusted}; with {groups} only, no conclusion is drawn.");
    }
    let adjusted = format!("{adjusted}; by group, at {alpha:.2}:");
    match (found.is_empty(), rest) {
        (true, _) => format!("{adjusted} no two models can be told apart by their AUC."),
        (false, 0) => format!("{adjusted} {}.", found.join(", ")),
        (false, rest) => {
            format!("{adjusted} {}; {} cannot be told apart.", found.join(", "), pairs(rest))
        }
    }
}

fn title(comparison: &Comparison, model: &Compared) -> String {
    let first = comparison.models.first().map_or("", |first| &first.name);
    format!("{} differs from {first} in", model.name)
}

fn changes(changes: &[Change]) -> Vec<String> {
    let mut lines: Vec<String> = changes.iter().take(CHANGES).map(Change::to_string).collect();
    if changes.len() > CHANGES {
        lines.push(format!("and {} more (`--format json` has all)", changes.len() - CHANGES));
    }
    lines
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.4}"))
}

/// With its sign; what rounds to 0 has none.
fn signed(value: f64) -> String {
    match format!("{value:+.4}") {
        zero if zero == "+0.0000" || zero == "-0.0000" => "0.0000".into(),
        text => text.replace('-', "−"),
    }
}

fn p(p: Option<f64>) -> String {
    match p {
        None => "–".into(),
        Some(p) if p < 0.0001 => "< 0.0001".into(),
        Some(p) => format!("{p:.4}"),
    }
}
