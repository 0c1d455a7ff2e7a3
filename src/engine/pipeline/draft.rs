//! Each stage's table to its kind's struct, its references set apart.

use super::{
    de::{DeError, Fault},
    parse::{NAMES, is_name, unfit_name},
    problem::{Problem, nearest_of},
    value::{Data, Key, Span, Table, Value},
};
use crate::engine::stage::{AnyStage, Arity, Kind, Port};

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
    /// For a point on a higher rung: the stage that decides whether it runs.
    pub gate: Option<Key>,
}

pub fn draft(
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
    let by_user = |port: &&Port| matches!(port.arity, Arity::One | Arity::Many);
    let written = kind.ports.iter().filter(by_user);
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
        gate: None,
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

/// serde stops at the first error: say it, take the key that holds it out, and read on.
pub fn each_problem<T>(
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
