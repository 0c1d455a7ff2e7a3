//! An abstract graph that proptest can shrink: whatever its numbers are, it is a pipeline.
//!
//! A reference is a number of which the remainder names an earlier stage, so that stages can be
//! removed and moved as one likes; what cannot stand where it stands is a `say`.

use std::fmt::Write;

/// What a `say` says, and files hold; some differ only in white space, one fails.
pub const TEXTS: [&str; 9] = ["hi", "hi ", " hi", "ho", "fail", "a b", "b a b", "x", "xxxxxx"];

#[derive(Clone, Debug)]
pub struct Graph {
    pub stages: Vec<Stage>,
    /// By how many places the stages of the file are turned: the order means nothing.
    pub turned: usize,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub name: usize,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Say { text: usize, seed: u64 },
    Quote { file: usize },
    Read,
    Trim { of: usize },
    Loud { of: usize },
    Words { of: usize },
    Measure { of: usize, limit: usize },
    Echo { of: usize, times: usize, loud: bool },
    Splice { left: usize, right: usize },
    Join { of: Vec<usize> },
    Try { say: usize, texts: Vec<usize>, twice: usize },
}

/// A stage of the pipeline as the engine has it: also points, gates and shared work.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub make: Make,
    pub ports: Vec<Port>,
    pub is_point: bool,
    pub gate: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Port {
    pub name: &'static str,
    pub is_named: bool,
    pub reads: Vec<usize>,
}

/// A kind with its parameters; `Debug` stands for the latter in keys.
#[derive(Clone, Debug)]
pub enum Make {
    Say { text: String, times: usize, seed: u64 },
    Quote(usize),
    Read,
    Trim,
    Loud,
    Words,
    Measure { limit: usize },
    Echo { times: usize, loud: bool },
    Splice,
    Join,
    Try { texts: Vec<&'static str>, twice: usize },
    Longest { keep: usize },
}

fn one(name: &'static str, of: usize) -> Port {
    Port { name, is_named: false, reads: vec![of] }
}

fn distinct(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut kept = Vec::new();
    for number in numbers {
        if !kept.contains(&number) {
            kept.push(number);
        }
    }
    kept
}

impl Graph {
    /// The nodes, each after all that it reads, and the text of the pipeline file.
    pub fn resolved(&self, source: &str) -> (Vec<Node>, String) {
        let (mut nodes, mut tables) = (Vec::<Node>::new(), Vec::new());
        // The nodes that stand for stages of the file.
        let mut stages: Vec<usize> = Vec::new();
        for (place, stage) in self.stages.iter().enumerate() {
            let mut name = format!("s{}", stage.name);
            if nodes.iter().any(|node| node.name == name) {
                name = format!("t{place}");
            }
            let mut table = format!("[stage.{name}]\n");
            let what = written(&stage.what, &nodes, &stages, source, &mut table);
            let (make, ports) = what.unwrap_or_else(|| {
                table += "kind = 'say'\ntext = 'x'\n";
                (Make::Say { text: "x".into(), times: 1, seed: 0 }, vec![])
            });
            let mut node = Node { name, make, ports, is_point: false, gate: None };
            before(&mut node, &mut nodes);
            stages.push(nodes.len());
            nodes.push(node);
            tables.push(table);
        }
        let turn = self.turned % tables.len().max(1);
        tables.rotate_left(turn);
        (nodes, tables.join("\n"))
    }
}

/// Writes a stage's table; none if nothing stands before it that it could read.
fn written(
    what: &What,
    nodes: &[Node],
    stages: &[usize],
    source: &str,
    table: &mut String,
) -> Option<(Make, Vec<Port>)> {
    let at = |reference: usize| stages.get(reference % stages.len().max(1)).copied();
    let reader = |kind: &str, make: Make, of: usize, table: &mut String| {
        let from = at(of)?;
        let _ = writeln!(table, "kind = '{kind}'\nof = '{}'", nodes[from].name);
        Some((make, vec![one("of", from)]))
    };
    match what {
        What::Say { text, seed } => {
            let text = TEXTS[text % TEXTS.len()];
            let _ = writeln!(table, "kind = 'say'\ntext = '{text}'\nseed = {seed}");
            Some((Make::Say { text: text.into(), times: 1, seed: *seed }, vec![]))
        }
        What::Quote { file } => {
            let _ = writeln!(table, "kind = 'quote'\nfile = '{source}/q{file}'");
            Some((Make::Quote(*file), vec![]))
        }
        What::Read => {
            let _ = writeln!(table, "kind = 'read'\ndir = '{source}/folder'");
            Some((Make::Read, vec![]))
        }
        What::Trim { of } => reader("trim", Make::Trim, *of, table),
        What::Loud { of } => reader("loud", Make::Loud, *of, table),
        What::Words { of } => reader("words", Make::Words, *of, table),
        What::Measure { of, limit } => {
            let read = reader("measure", Make::Measure { limit: *limit }, *of, table)?;
            let _ = writeln!(table, "limit = {limit}");
            Some(read)
        }
        What::Echo { of, times, loud } => {
            let read = reader("echo", Make::Echo { times: *times, loud: *loud }, *of, table)?;
            let _ = writeln!(table, "times = {times}\nloud = {loud}");
            Some(read)
        }
        What::Splice { left, right } => {
            let (left, right) = (at(*left)?, at(*right)?);
            let (l, r) = (&nodes[left].name, &nodes[right].name);
            let _ = writeln!(table, "kind = 'splice'\nleft = '{l}'\nright = '{r}'");
            Some((Make::Splice, vec![one("left", left), one("right", right)]))
        }
        What::Join { of } => {
            let reads = distinct(of.iter().filter_map(|of| at(*of)));
            if reads.is_empty() {
                return None;
            }
            let names: Vec<_> = reads.iter().map(|from| &nodes[*from].name).collect();
            let _ = writeln!(table, "kind = 'join'\nof = {names:?}");
            Some((Make::Join, vec![Port { name: "of", is_named: true, reads }]))
        }
        What::Try { say, texts, twice } => {
            let says = stages.iter().filter(|s| matches!(nodes[**s].make, Make::Say { .. }));
            let says: Vec<_> = says.collect();
            let template = says.get(say % says.len().max(1))?;
            let texts = distinct(texts.iter().map(|text| text % TEXTS.len()));
            let texts: Vec<_> = texts.into_iter().map(|text| TEXTS[text]).collect();
            let say = &nodes[**template].name;
            let _ = writeln!(table, "kind = 'try'\nsay = '{say}'\ntwice = {twice}");
            let _ = writeln!(table, "grid = {{ text = {texts:?} }}");
            // `before` puts the points in the template's place.
            let port = Port { name: "points", is_named: true, reads: vec![**template] };
            Some((Make::Try { texts, twice: *twice }, vec![port]))
        }
    }
}

/// What the engine puts before a stage: the points of a search with their gate, and shared work.
fn before(node: &mut Node, nodes: &mut Vec<Node>) {
    match &node.make {
        Make::Echo { loud: true, .. } => {
            let of = node.ports[0].reads[0];
            let name = format!("loud[{},voice]", nodes[of].name);
            let there = nodes.iter().position(|node| node.name == name).unwrap_or_else(|| {
                let ports = vec![one("of", of)];
                nodes.push(Node { name, make: Make::Loud, ports, is_point: false, gate: None });
                nodes.len() - 1
            });
            node.ports.push(one("loud", there));
        }
        Make::Try { texts, twice } => {
            let template = node.ports[0].reads[0];
            let Make::Say { seed, .. } = nodes[template].make else { return };
            let (search, first) = (node.name.clone(), nodes.len());
            let point = |text: &str, times: usize, again: &str, gate: Option<usize>| Node {
                name: format!("{search}[text={text:?}{again}]"),
                make: Make::Say { text: text.into(), times, seed },
                ports: vec![],
                is_point: true,
                gate,
            };
            nodes.extend(texts.iter().map(|text| point(text, 1, "", None)));
            let mut reads: Vec<usize> = (first..nodes.len()).collect();
            if *twice > 0 {
                let gate = nodes.len();
                let ports = vec![Port { name: "points", is_named: true, reads: reads.clone() }];
                let (name, make) = (format!("{search}[rung=1]"), Make::Longest { keep: *twice });
                nodes.push(Node { name, make, ports, is_point: false, gate: None });
                nodes.extend(texts.iter().map(|text| point(text, 2, ",twice", Some(gate))));
                reads.extend(gate + 1..nodes.len());
            }
            node.ports[0].reads = reads;
        }
        _ => {}
    }
}
