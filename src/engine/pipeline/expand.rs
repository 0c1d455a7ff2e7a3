//! A search becomes its points: copies of the template's table with settings laid over it, which
//! read copies of the stages before it where the search varies those.

use super::{
    draft::Draft,
    problem::{Problem, nearest_of},
    value::{Data, Key, Span, Table, Value, steps},
    vary::{Upstream, Variants},
};
use crate::engine::stage::{Arity, Complaint, Gate, Kind, Point, Port, Setting, SettingValue};
use std::collections::BTreeSet;

/// What a draft reads at each of its ports.
pub type References = Vec<(&'static Port, Vec<Key>)>;

/// All drafts, each search preceded by its points and reading them at its port for points; the
/// points of a search that varies earlier stages are preceded by the copies of those, and the points
/// of a higher rung by its gate.
pub fn points(
    drafts: Vec<Draft>,
    broken: &BTreeSet<String>,
    kinds: &'static [Kind],
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    let mut variants = Variants::of(&drafts);
    let of = |draft: &Draft| match &draft.template {
        Some(template) if broken.contains(&template.name) => (vec![], vec![]),
        _ => {
            let points = points_of(draft, &drafts, &mut variants, problems);
            (variants.take(), with_gates(draft, points, kinds, problems))
        }
    };
    let found: Vec<_> = drafts.iter().map(of).collect();
    let mut all = Vec::new();
    for (mut draft, (before, points)) in drafts.into_iter().zip(found) {
        all.extend(before);
        if let Some(template) = draft.kind.template {
            let names = points.iter().filter(|p| p.search.is_some());
            let names = names.map(|p| Key { name: p.name.clone(), span: draft.span });
            let port = draft.kind.ports.iter().find(|port| port.name == template.port);
            draft.references.extend(port.map(|port| (port, names.collect())));
        }
        all.extend(points);
        all.push(draft);
    }
    all
}

fn points_of(
    search: &Draft,
    drafts: &[Draft],
    variants: &mut Variants,
    problems: &mut Vec<Problem>,
) -> Vec<(usize, Draft)> {
    let Some((template, stage)) = template_of(search, drafts, problems).zip(search.stage.as_ref())
    else {
        return vec![];
    };
    let points = match stage.points() {
        Ok(points) => points,
        Err(complaints) => {
            let owner = search.owner();
            problems.extend(
                complaints.into_iter().map(|c| complain(c, &search.table, &owner, search.span)),
            );
            return vec![];
        }
    };
    let mut names = BTreeSet::new();
    let mut made = Vec::new();
    for point in points {
        if !names.insert(point.name.clone()) {
            let problem = Problem::new(format!("two points are called `{}`", point.name));
            problems.push(problem.at(search.span, "in this search"));
        }
        let rung = point.rung;
        let draft = point_draft(search, template, point, variants, problems);
        made.extend(draft.map(|draft| (rung, draft)));
    }
    made
}

/// The points in the order of their rungs, which wait for their gates, each gate before its rung.
fn with_gates(
    search: &Draft,
    points: Vec<(usize, Draft)>,
    kinds: &'static [Kind],
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    let gates = search.stage.as_ref().map_or(vec![], |stage| stage.gates());
    let mut rungs: Vec<Vec<Draft>> = (0..=gates.len()).map(|_| Vec::new()).collect();
    for (rung, draft) in points {
        rungs[rung.min(gates.len())].push(draft);
    }
    let mut rungs = rungs.into_iter();
    let mut all = rungs.next().unwrap_or_default();
    let mut below: Vec<Key> = names_of(&all, search.span);
    for (gate, mut rung) in gates.into_iter().zip(rungs) {
        let Some(mut draft) = gate_draft(search, gate, below, kinds) else { return all };
        draft.parse(problems);
        let name = Key { name: draft.name.clone(), span: search.span };
        rung.iter_mut().for_each(|point| point.gate = Some(name.clone()));
        below = names_of(&rung, search.span);
        all.push(draft);
        all.extend(rung);
    }
    all
}

fn names_of(drafts: &[Draft], span: Span) -> Vec<Key> {
    drafts.iter().map(|draft| Key { name: draft.name.clone(), span }).collect()
}

fn gate_draft(
    search: &Draft,
    gate: Gate,
    below: Vec<Key>,
    kinds: &'static [Kind],
) -> Option<Draft> {
    let kind = kinds.iter().find(|kind| kind.name == gate.kind)?;
    let port = kind.ports.iter().find(|port| port.arity == Arity::Points)?;
    let table = match Value::from_json(&gate.params, search.span).data {
        Data::Table(table) => table,
        _ => Table::default(),
    };
    Some(Draft {
        name: format!("{}[{}]", search.name, gate.name),
        span: search.span,
        kind,
        table,
        references: vec![(port, below)],
        template: None,
        stage: None,
        search: None,
        gate: None,
    })
}

fn template_of<'a>(
    search: &Draft,
    drafts: &'a [Draft],
    problems: &mut Vec<Problem>,
) -> Option<&'a Draft> {
    let (needed, reference) = (search.kind.template?, search.template.as_ref()?);
    let Some(found) = drafts.iter().find(|d| d.name == reference.name) else {
        let known: Vec<_> = drafts.iter().filter(|d| d.kind.name == needed.kind).collect();
        let known: Vec<_> = known.iter().map(|d| d.name.as_str()).collect();
        problems.push(
            Problem::new(format!("no stage is called `{}`", reference.name))
                .at(reference.span, "no such stage")
                .help(nearest_of(&reference.name, &known)),
        );
        return None;
    };
    if found.kind.name != needed.kind {
        let (key, kind, other) = (needed.key, needed.kind, found.kind.name);
        let message =
            format!("`{key}` needs a stage of kind `{kind}`, and `{}` is `{other}`", found.name);
        problems.push(
            Problem::new(message)
                .of(search.owner())
                .at(reference.span, format!("needs kind `{kind}`"))
                .also(found.span, format!("is of kind `{other}`")),
        );
        return None;
    }
    found.stage.as_ref().map(|_| found)
}

fn point_draft(
    search: &Draft,
    template: &Draft,
    point: Point,
    variants: &mut Variants,
    problems: &mut Vec<Problem>,
) -> Option<Draft> {
    let (own, upstream) = match variants.sort_out(search, template, &point.settings) {
        Ok(sorted) => sorted,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let mut table = template.table.clone();
    for setting in own {
        if let Err(problem) = lay(setting, &setting.key, search, &mut table) {
            problems.push(*problem);
            return None;
        }
    }
    let mut draft = Draft {
        name: format!("{}[{}]", search.name, point.name),
        span: search.span,
        kind: template.kind,
        table,
        references: read_by(template, search, &upstream, variants, problems),
        template: None,
        stage: None,
        search: Some(search.name.clone()),
        gate: None,
    };
    draft.parse(problems);
    Some(draft)
}

/// What the template reads, or the copies of it that the settings ask for.
fn read_by(
    template: &Draft,
    search: &Draft,
    upstream: &[Upstream],
    variants: &mut Variants,
    problems: &mut Vec<Problem>,
) -> References {
    let mut copy = |key: &Key| Key {
        name: variants.of_stage(&key.name, search, upstream, problems),
        span: key.span,
    };
    let each = template.references.iter();
    each.map(|(port, names)| (*port, names.iter().map(&mut copy).collect())).collect()
}

/// Lays a setting of a search into a table at the path `key`.
pub fn lay(
    setting: &Setting,
    key: &str,
    search: &Draft,
    to: &mut Table,
) -> Result<(), Box<Problem>> {
    let place = search.table.locate(&setting.place);
    let (key_at, at) = place.map_or((search.span, search.span), |p| (p.key, p.value));
    let path = steps(key);
    let value = match &setting.value {
        SettingValue::To(json) => Value::from_json(json, at),
        SettingValue::Plus(more) => {
            let base = match to.at(&path).map(|value| &value.data) {
                Some(Data::Integer(base)) => *base,
                _ => 0,
            };
            Value::new(at, Data::Integer(base.saturating_add_unsigned(*more)))
        }
    };
    to.set(&path, key_at, value).map_err(|error| {
        let message = format!("`{key}` is no parameter: {error}");
        Problem::new(message).at(key_at, "here").into()
    })
}

/// A complaint of a stage as a problem at its place in the stage's table.
pub fn complain(complaint: Complaint, table: &Table, owner: &str, fallback: Span) -> Problem {
    let span = table.locate(&complaint.place).map_or(fallback, |place| place.value);
    Problem { help: complaint.help, ..Problem::new(complaint.message).of(owner).at(span, "here") }
}
