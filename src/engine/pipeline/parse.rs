//! The three tables of a file: `[pipeline]`, `[params]` and the stages.

use super::{
    Pipeline,
    de::from_value,
    draft::{draft, each_problem},
    expand,
    outside::Inside,
    problem::{Problem, Texts, nearest_of},
    settings, share,
    value::{Data, Key, Span, Table, Value},
    wire,
};
use crate::engine::stage::Kind;
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeSet, path::Path};
use toml::de::DeTable;

/// The table `[pipeline]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: Option<String>,
    seed: Option<u64>,
    device: Option<String>,
    /// Folders besides the one that one runs in, and the file's own, that stages may read.
    #[serde(default)]
    allow_outside: Vec<String>,
}

pub fn pipeline(
    path: &Path,
    sets: &[String],
    kinds: &'static [Kind],
    texts: &mut Texts,
    problems: &mut Vec<Problem>,
) -> Option<Pipeline> {
    let mut root = toml_table(texts, problems)?;
    settings::apply(sets, &mut root, texts, problems);
    let (header, seed) = header(&root, problems);
    let params = match root.remove("params") {
        Some((_, Value { data: Data::Table(params), .. })) => params,
        Some((key, _)) => {
            problems.push(Problem::new("`params` is a table").at(key.span, "write `[params]`"));
            Table::default()
        }
        None => Table::default(),
    };
    for (key, _) in &root.0 {
        if !["pipeline", "stage"].contains(&key.name.as_str()) {
            problems.push(
                Problem::new(format!("unknown table `{}`", key.name))
                    .at(key.span, "not known here")
                    .help(nearest_of(&key.name, &["pipeline", "params", "stage"])),
            );
        }
    }
    let mut drafts = Vec::new();
    let mut broken = BTreeSet::new();
    for (key, mut value) in stage_tables(root, problems) {
        settings::interpolate(&mut value, &params, problems);
        let name = key.name.clone();
        match draft(key, value, seed.as_ref(), kinds, problems) {
            Some(draft) => drafts.push(draft),
            None => drop(broken.insert(name)),
        }
    }
    let drafts = expand::points(drafts, &broken, kinds, problems);
    // Before shared work, which reads what those read that ask for it.
    let mut inside = Inside::new(path, &header.allow_outside);
    drafts.iter().for_each(|draft| inside.check(draft, problems));
    let mut drafts = share::shared(drafts, kinds, problems);
    // What is wrong with a stage of no known kind is said; who reads it is not to blame.
    for (_, names) in drafts.iter_mut().flat_map(|draft| &mut draft.references) {
        names.retain(|name| !broken.contains(&name.name));
    }
    let stem = path.file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned());
    let name = header.name.unwrap_or(stem);
    if !is_name(&name) && !problems.iter().any(|p| p.message == unfit_name("pipeline", &name)) {
        let problem = Problem::new(unfit_name("pipeline", &name));
        problems.push(problem.help("give it another: `[pipeline]` with `name = \"…\"`"));
    }
    let wired = wire::nodes(drafts, problems)?;
    Some(Pipeline::new(name, path.into(), texts.clone(), wired))
}

fn toml_table(texts: &Texts, problems: &mut Vec<Problem>) -> Option<Table> {
    let (_, text) = texts.0.first()?;
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let range = error.span().unwrap_or(0..0);
        let span = Span { text: 0, start: range.start as u32, end: range.end as u32 };
        problems.push(Problem::new(format!("not TOML: {}", error.message())).at(span, "here"));
    }
    errors.is_empty().then(|| Table::from_toml(table.into_inner(), 0, 0))
}

fn header(root: &Table, problems: &mut Vec<Problem>) -> (Header, Option<Value>) {
    let Some(value) = root.get("pipeline") else { return (Header::default(), None) };
    let header: Header =
        field_by_field(value, "`[pipeline]`", value.span, problems).unwrap_or_default();
    let table = value.as_table();
    let place = |key| table.and_then(|t| t.get(key)).map_or(value.span, |v| v.span);
    if let Some(name) = header.name.as_deref()
        && !is_name(name)
    {
        let problem = Problem::new(unfit_name("pipeline", name));
        problems.push(problem.at(place("name"), NAMES));
    }
    match header.device.as_deref() {
        None | Some("auto" | "cpu") => {}
        Some(device) if device == "cuda" || device.starts_with("cuda:") => problems.push(
            Problem::new(format!("`{device}`: this build computes on the CPU only"))
                .at(place("device"), "no CUDA here")
                .help("use `device = \"auto\"`, which takes the best that is there"),
        ),
        Some(device) => problems.push(
            Problem::new(format!("`{device}` is not a device"))
                .at(place("device"), "expected `auto` or `cpu`")
                .help(nearest_of(device, &["auto", "cpu"])),
        ),
    }
    let seed = table.and_then(|t| t.get("seed")).filter(|_| header.seed.is_some());
    (header, seed.cloned())
}

fn stage_tables(mut root: Table, problems: &mut Vec<Problem>) -> Vec<(Key, Value)> {
    match root.remove("stage") {
        Some((_, Value { data: Data::Table(stages), .. })) => stages.0,
        Some((key, _)) => {
            let problem = Problem::new("`stage` is a table of stages");
            problems.push(problem.at(key.span, "write `[stage.NAME]`"));
            vec![]
        }
        None => {
            problems.push(
                Problem::new("the pipeline has no stage")
                    .help("add one: `[stage.patches]` with `kind = \"ingest\"`"),
            );
            vec![]
        }
    }
}

/// Names become folders, keys and lines of tables.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

pub const NAMES: &str = "letters, digits, `_` and `-` only, the first no `-`";

pub fn unfit_name(what: &str, name: &str) -> String {
    format!("`{name}` cannot be the name of a {what}")
}

fn field_by_field<T: DeserializeOwned>(
    value: &Value,
    owner: &str,
    fallback: Span,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    each_problem(from_value::<T>, value.clone(), owner, fallback, problems)
}
