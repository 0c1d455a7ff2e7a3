//! The three tables of a file, and each stage's table to its kind's struct.

use super::{
    Pipeline,
    de::{DeError, Fault, from_value},
    expand,
    problem::{Problem, Texts, nearest_of},
    settings,
    value::{Data, Key, Span, Table, Value},
    wire,
};
use crate::engine::stage::{AnyStage, Arity, Kind, Port};
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
}

/// How the owner of a problem begins that belongs to the points of a search.
pub const POINT: &str = "a point of";

/// A stage on its way to becoming a node.
pub struct Draft {
    pub name: String,
    /// Where the name stands in its header.
    pub span: Span,
    pub kind: &'static Kind,
    /// The parameters, without `kind` and the references.
    pub table: Table,
    pub references: Vec<(&'static Port, Vec<Key>)>,
    /// For a search: the stage whose parameters it varies.
    pub template: Option<Key>,
    /// None when the parameters are wrong.
    pub stage: Option<Box<dyn AnyStage>>,
    pub search: Option<String>,
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
    let mut drafts = expand::points(drafts, &broken, problems);
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
    let (nodes, graph) = wire::nodes(drafts, problems)?;
    Some(Pipeline::new(name, path.into(), nodes, graph))
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
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

const NAMES: &str = "letters, digits, `_` and `-` only, the first no `-`";

fn unfit_name(what: &str, name: &str) -> String {
    format!("`{name}` cannot be the name of a {what}")
}

fn draft(
    key: Key,
    value: Value,
    seed: Option<&Value>,
    kinds: &'static [Kind],
    problems: &mut Vec<Problem>,
) -> Option<Draft> {
    if !is_name(&key.name) {
        problems.push(Problem::new(unfit_name("stage", &key.name)).at(key.span, NAMES));
    }
    let Data::Table(mut table) = value.data else {
        problems.push(
            Problem::new(format!("stage `{}` is not a table", key.name))
                .at(value.span, "expected a table")
                .help(format!("write `[stage.{}]` with `kind = …`", key.name)),
        );
        return None;
    };
    let kind = kind_of(&mut table, &key, kinds, problems)?;
    if let Some(seed) = seed
        && table.get("seed").is_none()
        && kind.has_param("seed")
    {
        table.insert(Key { name: "seed".into(), span: seed.span }, seed.clone());
    }
    let template = kind
        .template
        .and_then(|t| reference(&mut table, t.key, Arity::One, &key, problems).into_iter().next());
    let written = kind.ports.iter().filter(|port| port.arity != Arity::Points);
    let references = written
        .map(|port| (port, reference(&mut table, port.name, port.arity, &key, problems)))
        .collect();
    let mut draft = Draft {
        name: key.name,
        span: key.span,
        kind,
        table,
        references,
        template,
        stage: None,
        search: None,
    };
    draft.parse(problems);
    Some(draft)
}

fn kind_of(
    table: &mut Table,
    key: &Key,
    kinds: &'static [Kind],
    problems: &mut Vec<Problem>,
) -> Option<&'static Kind> {
    let names: Vec<_> = kinds.iter().map(|k| k.name).collect();
    let Some((_, value)) = table.remove("kind") else {
        problems.push(
            Problem::new(format!("stage `{}` has no kind", key.name))
                .at(key.span, "`kind = …` belongs here")
                .help(nearest_of("", &names)),
        );
        return None;
    };
    let found = match &value.data {
        Data::String(name) => kinds.iter().find(|k| k.name == name),
        _ => None,
    };
    if found.is_none() {
        let name = match &value.data {
            Data::String(name) => name.as_str(),
            _ => "",
        };
        problems.push(
            Problem::new(format!("stage `{}` has an unknown kind", key.name))
                .at(value.span, "no such kind")
                .help(nearest_of(name, &names)),
        );
    }
    found
}

/// Takes the names that a port refers to out of the stage's table.
fn reference(
    table: &mut Table,
    port: &str,
    arity: Arity,
    stage: &Key,
    problems: &mut Vec<Problem>,
) -> Vec<Key> {
    let owner = format!("stage `{}`", stage.name);
    let Some((_, value)) = table.remove(port) else {
        let problem = Problem::new(format!("missing key `{port}`"))
            .of(&owner)
            .at(stage.span, format!("`{port}` belongs here"))
            .help(match arity {
                Arity::Many => format!("name the stages to read: `{port} = [\"…\"]`"),
                _ => format!("name the stage to read: `{port} = \"…\"`"),
            });
        problems.push(problem);
        return vec![];
    };
    let name = |value: &Value| match &value.data {
        Data::String(name) => Some(Key { name: name.clone(), span: value.span }),
        _ => None,
    };
    let names: Option<Vec<Key>> = match (&value.data, arity) {
        (Data::Array(items), Arity::Many) => items.iter().map(name).collect(),
        _ => name(&value).map(|key| vec![key]),
    };
    let expected = match arity {
        Arity::Many => "a list of at least one stage name",
        _ => "the name of a stage",
    };
    match names {
        Some(names) if !names.is_empty() => once_each(names, port, &owner, problems),
        _ => {
            problems.push(
                Problem::new(format!("`{port}` is {expected}"))
                    .of(&owner)
                    .at(value.span, format!("expected {expected}")),
            );
            vec![]
        }
    }
}

/// The names without those that repeat an earlier one, each of which is a problem.
fn once_each(names: Vec<Key>, port: &str, owner: &str, problems: &mut Vec<Problem>) -> Vec<Key> {
    let mut kept: Vec<Key> = Vec::new();
    for name in names {
        match kept.iter().find(|first| first.name == name.name) {
            Some(first) => problems.push(
                Problem::new(format!("`{port}` names `{}` twice", name.name))
                    .of(owner)
                    .at(name.span, "again")
                    .also(first.span, "first"),
            ),
            None => kept.push(name),
        }
    }
    kept
}

impl Draft {
    /// "stage `cnn` (train)", for messages.
    pub fn owner(&self) -> String {
        match &self.search {
            // Not the point's own name: a fault that all points share is said once.
            Some(search) => format!("{POINT} `{search}` ({})", self.kind.name),
            None => format!("stage `{}` ({})", self.name, self.kind.name),
        }
    }

    /// The parameters to the kind's struct; all their problems, not only the first.
    pub fn parse(&mut self, problems: &mut Vec<Problem>) {
        let value = Value::new(self.span, Data::Table(self.table.clone()));
        let before = problems.len();
        let references = self.references.iter().map(|(port, _)| port.name);
        let also: Vec<_> =
            references.chain(self.kind.template.map(|t| t.key)).chain(["kind"]).collect();
        self.stage = each_problem(self.kind.parse, value, &self.owner(), self.span, problems);
        // The references are keys of the stage too, though its struct does not know them.
        for problem in &mut problems[before..] {
            let word =
                problem.message.strip_prefix("unknown key `").and_then(|m| m.split_once('`'));
            if let Some((word, _)) = word
                && let Some(near) = also.iter().find(|a| strsim::damerau_levenshtein(word, a) <= 1)
            {
                problem.help = Some(match *near == word {
                    true => {
                        format!("`{word}` belongs to the stage itself; a search varies parameters")
                    }
                    false => format!("did you mean `{near}`?"),
                });
            }
        }
    }
}

fn field_by_field<T: DeserializeOwned>(
    value: &Value,
    owner: &str,
    fallback: Span,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    each_problem(from_value::<T>, value.clone(), owner, fallback, problems)
}

/// serde stops at the first error: say it, take the key that holds it out, and read on.
fn each_problem<T>(
    read: impl Fn(&Value) -> Result<T, DeError>,
    mut value: Value,
    owner: &str,
    fallback: Span,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut removed: Vec<String> = Vec::new();
    loop {
        let error = match read(&value) {
            Ok(read) => return removed.is_empty().then_some(read),
            Err(error) => error,
        };
        if let Fault::MissingKey { name } = &error.fault
            && removed.iter().any(|r| r == name)
        {
            return None;
        }
        let span = error.span;
        problems.push(Problem::with_value(error, fallback).of(owner));
        let (Some(span), Data::Table(table)) = (span, &mut value.data) else { return None };
        let holds = |(key, value): &&(Key, Value)| key.span == span || value.span.contains(&span);
        match table.0.iter().find(holds).map(|(key, _)| key.name.clone()) {
            Some(name) => {
                table.remove(&name);
                removed.push(name);
            }
            None => return None,
        }
    }
}
