//! References become edges, checked from both ends; facts flow along them.

use super::{
    Node, NodeId,
    draft::Draft,
    expand::complain,
    problem::{Problem, nearest_of},
    value::{Key, Span},
};
use crate::engine::{
    graph::Graph,
    stage::{Facts, Known, NAME, Naming, Port},
};
use std::collections::HashMap;

/// The nodes and their graph; None when an edge leads nowhere or in a circle.
pub fn nodes(drafts: Vec<Draft>, problems: &mut Vec<Problem>) -> Option<(Vec<Node>, Graph)> {
    let ids: HashMap<String, NodeId> =
        drafts.iter().enumerate().map(|(id, draft)| (draft.name.clone(), id)).collect();
    let mut wires: Vec<Vec<(&'static Port, Vec<NodeId>)>> = Vec::new();
    let mut edges: Vec<(NodeId, NodeId, Span)> = Vec::new();
    for (id, draft) in drafts.iter().enumerate() {
        let mut inputs = Vec::new();
        for (port, names) in &draft.references {
            let found = names.iter().filter_map(|name| {
                let from = resolve(name, port, draft, &drafts, &ids, problems)?;
                edges.push((from, id, name.span));
                Some(from)
            });
            inputs.push((*port, found.collect()));
        }
        if let Some((gate, &from)) =
            draft.gate.as_ref().and_then(|gate| Some((gate, ids.get(&gate.name)?)))
        {
            edges.push((from, id, gate.span));
        }
        wires.push(inputs);
    }
    let pairs: Vec<_> = edges.iter().map(|(from, to, _)| (*from, *to)).collect();
    let graph = match Graph::new(drafts.len(), &pairs) {
        Ok(graph) => graph,
        Err(cycle) => {
            problems.push(circle(&cycle, &drafts, &edges));
            return None;
        }
    };
    check(&drafts, &wires, &graph, problems);
    let whole = drafts.iter().all(|draft| draft.stage.is_some());
    let build = |(draft, inputs): (Draft, _)| {
        let Draft { name, span, kind, stage, search, gate, .. } = draft;
        let gate = gate.and_then(|gate| ids.get(&gate.name).copied());
        Some(Node { name, span, kind, stage: stage?, inputs, search, gate })
    };
    let nodes = drafts.into_iter().zip(wires).filter_map(build).collect();
    whole.then_some((nodes, graph))
}

/// The stage that a reference names, if there is one and its type fits the port.
fn resolve(
    name: &Key,
    port: &Port,
    reader: &Draft,
    drafts: &[Draft],
    ids: &HashMap<String, NodeId>,
    problems: &mut Vec<Problem>,
) -> Option<NodeId> {
    let fits = |draft: &Draft| port.accepts.is_empty() || port.accepts.contains(&draft.kind.output);
    let Some(&id) = ids.get(&name.name) else {
        let known =
            drafts.iter().filter(|d| d.search.is_none() && fits(d) && d.name != reader.name);
        let known: Vec<_> = known.map(|d| d.name.as_str()).collect();
        problems.push(
            Problem::new(format!("no stage is called `{}`", name.name))
                .at(name.span, "no such stage")
                .help(nearest_of(&name.name, &known)),
        );
        return None;
    };
    let from = &drafts[id];
    if !fits(from) {
        let takes: Vec<_> = port.accepts.iter().map(|noun| with_article(noun)).collect();
        let (takes, gives) = (takes.join(" or "), with_article(from.kind.output));
        let (port, name_of, kind) = (port.name, &from.name, from.kind.name);
        problems.push(
            Problem::new(format!("`{port}` takes {takes}, and `{name_of}` ({kind}) gives {gives}"))
                .of(reader.owner())
                .at(name.span, format!("takes {takes}"))
                .also(from.span, format!("gives {gives}")),
        );
        return None;
    }
    Some(id)
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn circle(cycle: &[NodeId], drafts: &[Draft], edges: &[(NodeId, NodeId, Span)]) -> Problem {
    let path: Vec<_> = cycle.iter().map(|id| drafts[*id].name.as_str()).collect();
    let mut problem = Problem::new(format!("the stages wait for each other: {}", path.join(" → ")))
        .help(
            "a stage can only read what does not depend on it: take one of these references away",
        );
    for pair in cycle.windows(2) {
        let edge = edges.iter().find(|(from, to, _)| [*from, *to] == pair);
        let Some((from, to, span)) = edge else { continue };
        let label = format!("`{}` reads `{}`", drafts[*to].name, drafts[*from].name);
        problem = match problem.at {
            None => problem.at(*span, label),
            Some(_) => problem.also(*span, label),
        };
    }
    problem
}

/// Lets every stage, after those that it reads, say what it knows of its output, or complain.
fn check(
    drafts: &[Draft],
    wires: &[Vec<(&'static Port, Vec<NodeId>)>],
    graph: &Graph,
    problems: &mut Vec<Problem>,
) {
    let mut facts = vec![Facts::new(); drafts.len()];
    for &id in graph.order() {
        let draft = &drafts[id];
        let Some(stage) = &draft.stage else { continue };
        let at_port = |(port, from): &(&'static Port, Vec<NodeId>)| {
            let named = |id: &NodeId| {
                let mut facts = facts[*id].clone();
                if port.naming == Naming::Named {
                    facts.insert(NAME, drafts[*id].name.clone().into());
                }
                facts
            };
            (port.name, from.iter().map(named).collect())
        };
        let known: Known = wires[id].iter().map(at_port).collect();
        match stage.check(&known) {
            Ok(mut found) => {
                // A stage that passes on what it knows of its input is not called so too.
                found.remove(NAME);
                facts[id] = found;
            }
            Err(complaints) => {
                let problem = |c| complain(c, &draft.table, &draft.owner(), draft.span);
                problems.extend(complaints.into_iter().map(problem));
            }
        }
    }
}
