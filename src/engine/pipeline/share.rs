//! Work that stages have in common becomes stages of their own, each run once.

use super::{
    draft::Draft,
    problem::Problem,
    value::{Data, Key, Value},
};
use crate::engine::stage::{Kind, Shared};

/// All drafts, each preceded by the stage of its shared work where no earlier one asked for the same.
pub fn shared(
    drafts: Vec<Draft>,
    kinds: &'static [Kind],
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    let mut all: Vec<Draft> = Vec::new();
    // (the work, the stages that it reads, its name)
    let mut known: Vec<(Shared, Vec<String>, String)> = Vec::new();
    let taken: Vec<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    for mut draft in drafts {
        if let Some(work) = draft.stage.as_ref().and_then(|stage| stage.shared())
            && let Some(kind) = kinds.iter().find(|kind| kind.name == work.kind)
        {
            let reads = inputs_of(&draft, kind);
            let same = known.iter().find(|(w, r, _)| *w == work && *r == reads);
            let name = match same {
                Some((_, _, name)) => name.clone(),
                None => {
                    let name = free_name(&work, &reads, &taken, &known);
                    all.push(stage_of(&work, &name, &draft, kind, problems));
                    known.push((work.clone(), reads, name.clone()));
                    name
                }
            };
            let port = draft.kind.ports.iter().find(|port| port.name == work.port);
            let key = Key { name, span: draft.span };
            draft.references.extend(port.map(|port| (port, vec![key])));
        }
        all.push(draft);
    }
    all
}

/// What the shared work reads: what the asking stage reads at the ports of the same names.
fn inputs_of(asking: &Draft, kind: &Kind) -> Vec<String> {
    let has = |name| kind.ports.iter().any(|port| port.name == name);
    let at_ports = asking.references.iter().filter(|(port, _)| has(port.name));
    at_ports.flat_map(|(_, names)| names.iter().map(|key| key.name.clone())).collect()
}

/// `features[prep,resnet18]`, and `features[prep,resnet18#2]` if that is another.
fn free_name(
    work: &Shared,
    reads: &[String],
    taken: &[String],
    known: &[(Shared, Vec<String>, String)],
) -> String {
    let of = |suffix: &str| format!("{}[{},{}{suffix}]", work.kind, reads.join(","), work.name);
    let free = |name: &String| !taken.contains(name) && known.iter().all(|(_, _, n)| n != name);
    let mut candidates = std::iter::once(of("")).chain((2..).map(|n| of(&format!("#{n}"))));
    candidates.find(free).unwrap_or_default()
}

fn stage_of(
    work: &Shared,
    name: &str,
    asking: &Draft,
    kind: &'static Kind,
    problems: &mut Vec<Problem>,
) -> Draft {
    let table = match Value::from_json(&work.params, asking.span).data {
        Data::Table(table) => table,
        _ => Default::default(),
    };
    let references = kind.ports.iter().filter_map(|port| {
        let (_, names) = asking.references.iter().find(|(theirs, _)| theirs.name == port.name)?;
        Some((port, names.clone()))
    });
    let mut draft = Draft {
        name: name.to_owned(),
        span: asking.span,
        kind,
        table,
        references: references.collect(),
        template: None,
        stage: None,
        search: None,
        gate: None,
    };
    draft.parse(problems);
    draft
}
