//! The DAG of stages: order, neighbours and cycles; the only file that knows petgraph.

use petgraph::{
    Direction,
    algo::{tarjan_scc, toposort},
    graph::{DiGraph, NodeIndex},
};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

/// A directed graph without cycles over the numbers `0..n`; an edge leads from what is read to
/// its reader.
pub struct Graph {
    inner: DiGraph<(), ()>,
    order: Vec<usize>,
}

impl Graph {
    /// # Errors
    /// When there is a cycle: one whole path around it, its first number repeated at the end.
    pub fn new(n: usize, edges: &[(usize, usize)]) -> Result<Graph, Vec<usize>> {
        let mut inner = DiGraph::with_capacity(n, edges.len());
        for _ in 0..n {
            inner.add_node(());
        }
        let unique: BTreeSet<_> = edges.iter().collect();
        for &&(from, to) in &unique {
            inner.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
        if toposort(&inner, None).is_err() {
            return Err(cycle(&inner));
        }
        let mut graph = Graph { inner, order: Vec::with_capacity(n) };
        graph.order = graph.first_come();
        Ok(graph)
    }

    /// The order in which numbers come if each is taken as soon as all that it reads is there,
    /// smaller ones first (Kahn 1962, with a heap): stable, and near to the order of the file.
    fn first_come(&self) -> Vec<usize> {
        let n = self.inner.node_count();
        let mut missing: Vec<_> = (0..n).map(|id| self.reads(id).len()).collect();
        let free = (0..n).filter(|&id| missing[id] == 0).map(Reverse);
        let mut free: BinaryHeap<_> = free.collect();
        let mut order = Vec::with_capacity(n);
        while let Some(Reverse(id)) = free.pop() {
            order.push(id);
            for reader in self.readers(id) {
                missing[reader] -= 1;
                if missing[reader] == 0 {
                    free.push(Reverse(reader));
                }
            }
        }
        order
    }

    /// Every number after all those that it reads.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// What a number reads, in ascending order.
    pub fn reads(&self, id: usize) -> Vec<usize> {
        self.neighbours(id, Direction::Incoming)
    }

    /// What reads a number, in ascending order.
    pub fn readers(&self, id: usize) -> Vec<usize> {
        self.neighbours(id, Direction::Outgoing)
    }

    /// The numbers and everything that they read, directly or not.
    pub fn with_inputs(&self, ids: &[usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = ids.to_vec();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.reads(id));
            }
        }
        found
    }

    /// The numbers in groups of which each reads only those before it, and nothing within it.
    pub fn waves(&self, ids: &BTreeSet<usize>) -> Vec<Vec<usize>> {
        let mut wave_of = vec![0; self.order.len()];
        let mut waves: Vec<Vec<usize>> = Vec::new();
        for &id in self.order.iter().filter(|id| ids.contains(id)) {
            let after = self.reads(id).into_iter().filter(|from| ids.contains(from));
            wave_of[id] = after.map(|from| wave_of[from] + 1).max().unwrap_or(0);
            if wave_of[id] == waves.len() {
                waves.push(Vec::new());
            }
            waves[wave_of[id]].push(id);
        }
        waves
    }

    fn neighbours(&self, id: usize, direction: Direction) -> Vec<usize> {
        let found = self.inner.neighbors_directed(NodeIndex::new(id), direction);
        let mut found: Vec<_> = found.map(NodeIndex::index).collect();
        found.sort_unstable();
        found
    }
}

/// A shortest cycle through the smallest number that lies on one.
fn cycle(graph: &DiGraph<(), ()>) -> Vec<usize> {
    let on_cycle = |scc: &Vec<NodeIndex>| scc.len() > 1 || graph.contains_edge(scc[0], scc[0]);
    let found = tarjan_scc(graph).into_iter().filter(on_cycle).map(|mut scc| {
        scc.sort_unstable();
        scc
    });
    let Some(scc) = found.min() else { return vec![] };
    let start = scc[0];
    // Breadth first from the start; the first way back to it is a shortest one.
    let mut paths = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        let mut next: Vec<_> = graph.neighbors(path[path.len() - 1]).collect();
        next.sort_unstable();
        for node in next.into_iter().filter(|node| scc.contains(node)) {
            let longer = [&path[..], &[node]].concat();
            if node == start {
                return longer.into_iter().map(NodeIndex::index).collect();
            }
            if seen.insert(node) {
                paths.push_back(longer);
            }
        }
    }
    vec![]
}
