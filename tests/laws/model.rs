//! What the engine should do, said once more without digests, files or threads: a key is a function
//! of the kind, the parameters and the contents of all that is read, and what is made under a key is
//! a function of the key.

use super::graph::{Make, Node};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a result by their names.
pub type Files = BTreeMap<String, String>;

/// Source files: those that are quoted, and those of the folder that is read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub quoted: Vec<String>,
    pub folder: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Made(Files),
    Failed(&'static str),
    HeldBack,
    /// Something that it reads gave no result.
    Skipped,
}

/// What the store holds under each key: results, and failures of points.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub made: BTreeSet<String>,
    pub failed: BTreeSet<String>,
}

/// What a run of all stages comes to.
pub struct Forecast {
    /// Of each node.
    pub outcomes: Vec<Outcome>,
    /// Of each node; none of those that are never looked up.
    pub keys: Vec<Option<String>>,
    /// The keys of the stages that start, sorted; equal keys are made once, but may fail each.
    pub starts: Vec<String>,
}

pub fn forecast(nodes: &[Node], sources: &Sources, kept: &Kept) -> Forecast {
    let mut kept = kept.clone();
    let mut found = Forecast { outcomes: vec![], keys: vec![], starts: vec![] };
    for node in nodes {
        let (key, outcome) = match hindrance(node, &found.outcomes) {
            Some(outcome) => (None, outcome),
            None => {
                let key = key(node, nodes, &found.outcomes, sources);
                let outcome = made(node, nodes, &found.outcomes, sources);
                let starts = match &outcome {
                    Outcome::Made(_) => kept.made.insert(key.clone()),
                    _ if node.is_point => kept.failed.insert(key.clone()),
                    _ => true,
                };
                found.starts.extend(starts.then(|| key.clone()));
                (Some(key), outcome)
            }
        };
        found.keys.push(key);
        found.outcomes.push(outcome);
    }
    found.starts.sort();
    found
}

/// Why a node is not even looked at.
fn hindrance(node: &Node, outcomes: &[Outcome]) -> Option<Outcome> {
    let is_made = |id: &usize| matches!(outcomes[*id], Outcome::Made(_));
    for port in &node.ports {
        let there = port.reads.iter().filter(|id| is_made(id)).count();
        let enough = if port.name == "points" { 1 } else { port.reads.len() };
        if there < enough {
            return Some(Outcome::Skipped);
        }
    }
    let gate = node.gate?;
    let Outcome::Made(files) = &outcomes[gate] else { return Some(Outcome::Skipped) };
    let passes = files["text"].lines().any(|line| inside(&node.name) == format!("{line},twice"));
    (!passes).then_some(Outcome::HeldBack)
}

fn inside(name: &str) -> &str {
    &name[name.find('[').unwrap() + 1..name.len() - 1]
}

fn key(node: &Node, nodes: &[Node], outcomes: &[Outcome], sources: &Sources) -> String {
    let mut key = match &node.make {
        // Paths are not part of it, contents are.
        Make::Quote(file) => format!("Quote {:?}", sources.quoted[*file]),
        Make::Read => format!("Read {:?}", sources.folder),
        make => format!("{make:?}"),
    };
    for port in &node.ports {
        for id in &port.reads {
            let name = port.is_named.then(|| &nodes[*id].name);
            key += &format!("; {} {name:?} {:?}", port.name, outcomes[*id]);
        }
    }
    key
}

fn made(node: &Node, nodes: &[Node], outcomes: &[Outcome], sources: &Sources) -> Outcome {
    let read = |port: usize| -> Vec<(&str, &str)> {
        let text = |id: &usize| match &outcomes[*id] {
            Outcome::Made(files) => Some((nodes[*id].name.as_str(), files["text"].as_str())),
            _ => None,
        };
        node.ports[port].reads.iter().filter_map(text).collect()
    };
    let only = |port: usize| read(port)[0].1;
    let mut files = Files::new();
    let text = match &node.make {
        Make::Say { text, .. } if text == "fail" => return Outcome::Failed("it went wrong"),
        Make::Say { text, times, seed: 0 } => text.repeat(*times),
        Make::Say { text, times, seed } => text.repeat(*times) + &seed.to_string(),
        Make::Quote(file) => sources.quoted[*file].clone(),
        Make::Read => sources.folder.values().cloned().collect(),
        Make::Trim => only(0).trim().into(),
        Make::Loud => {
            files.insert("deep/er/echo".into(), "echo".into());
            only(0).to_uppercase()
        }
        Make::Words => {
            let words = only(0).split_whitespace().enumerate();
            files.extend(words.map(|(i, word)| (format!("word/{i}"), word.into())));
            "words".into()
        }
        Make::Measure { limit } if only(0).len() > *limit => return Outcome::Failed("too long"),
        Make::Measure { .. } => only(0).len().to_string(),
        Make::Echo { times, loud } => only(usize::from(*loud)).repeat(*times),
        Make::Splice => format!("{}|{}", only(0), only(1)),
        Make::Join => read(0).iter().map(|(name, text)| format!("{name}={text}\n")).collect(),
        Make::Try { .. } => {
            let found = read(0).iter().map(|(n, t)| format!("{n}: {t}\n")).collect::<String>();
            found + &lacking(node, nodes, outcomes)
        }
        Make::Longest { keep } => {
            let mut texts = read(0);
            texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
            texts.truncate(*keep);
            texts.sort();
            texts.iter().map(|(name, _)| format!("{}\n", inside(name))).collect()
        }
    };
    files.insert("text".into(), text);
    Outcome::Made(files)
}

fn lacking(node: &Node, nodes: &[Node], outcomes: &[Outcome]) -> String {
    let line = |id: &usize| match &outcomes[*id] {
        Outcome::Made(_) => String::new(),
        Outcome::Failed(why) => format!("{}: failed: {why}\n", nodes[*id].name),
        Outcome::HeldBack => format!("{}: failed: held back\n", nodes[*id].name),
        Outcome::Skipped => panic!("the gate of some made points was skipped"),
    };
    node.ports[0].reads.iter().map(line).collect()
}
