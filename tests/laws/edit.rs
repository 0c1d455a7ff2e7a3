//! What may happen to a pipeline, its source files, its runs and its store.

use super::graph::{Graph, Stage, TEXTS, What};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
pub enum Edit {
    Add {
        at: usize,
        stage: Stage,
    },
    Remove {
        at: usize,
    },
    Rename {
        at: usize,
        name: usize,
    },
    Change {
        at: usize,
        what: What,
    },
    Swap {
        one: usize,
        other: usize,
    },
    Turn {
        by: usize,
    },
    /// Back to an earlier graph.
    Revert {
        to: usize,
    },
    /// Writes a source file, and may set its time of change back.
    Write {
        file: usize,
        text: usize,
        same_time: bool,
    },
    /// Other times, same contents.
    Touch {
        file: usize,
    },
    /// Puts a file into the folder that is read, or takes it away.
    Toggle {
        file: usize,
    },
    Run {
        jobs: usize,
    },
    Stop {
        jobs: usize,
        after: usize,
    },
    KillAt {
        jobs: usize,
        event: usize,
    },
    KillIn {
        jobs: usize,
        micros: u64,
    },
    /// Damages a file of the store.
    Hurt {
        file: usize,
        how: Hurt,
    },
}

#[derive(Clone, Debug)]
pub enum Hurt {
    Delete,
    Truncate { to: usize },
    Flip { bit: usize },
}

/// A first graph, and what happens to it.
pub fn history() -> impl Strategy<Value = (Graph, Vec<Edit>)> {
    let graph =
        (vec(stage(), 1..9), 0..4usize).prop_map(|(stages, turned)| Graph { stages, turned });
    (graph, vec(edit(), 1..12))
}

fn stage() -> impl Strategy<Value = Stage> {
    (0..6usize, what()).prop_map(|(name, what)| Stage { name, what })
}

fn what() -> impl Strategy<Value = What> {
    let (of, text, texts) = (0..8usize, 0..TEXTS.len(), vec(0..TEXTS.len(), 1..4));
    prop_oneof![
        3 => (text, 0..2u64).prop_map(|(text, seed)| What::Say { text, seed }),
        1 => (0..3usize).prop_map(|file| What::Quote { file }),
        1 => Just(What::Read),
        2 => of.clone().prop_map(|of| What::Trim { of }),
        1 => of.clone().prop_map(|of| What::Loud { of }),
        1 => of.clone().prop_map(|of| What::Words { of }),
        2 => (of.clone(), 0..9usize).prop_map(|(of, limit)| What::Measure { of, limit }),
        1 => (of.clone(), 1..3usize, any::<bool>())
            .prop_map(|(of, times, loud)| What::Echo { of, times, loud }),
        1 => (of.clone(), of.clone()).prop_map(|(left, right)| What::Splice { left, right }),
        2 => vec(of.clone(), 1..4).prop_map(|of| What::Join { of }),
        2 => (of, texts, 0..3usize)
            .prop_map(|(say, texts, twice)| What::Try { say, texts, twice }),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let (at, jobs, file) = (0..8usize, 1..5usize, 0..3usize);
    let text = 0..TEXTS.len();
    let hurt = prop_oneof![
        Just(Hurt::Delete),
        (0..300usize).prop_map(|to| Hurt::Truncate { to }),
        any::<usize>().prop_map(|bit| Hurt::Flip { bit }),
    ];
    prop_oneof![
        2 => (at.clone(), stage()).prop_map(|(at, stage)| Edit::Add { at, stage }),
        1 => at.clone().prop_map(|at| Edit::Remove { at }),
        1 => (at.clone(), 0..6usize).prop_map(|(at, name)| Edit::Rename { at, name }),
        3 => (at.clone(), what()).prop_map(|(at, what)| Edit::Change { at, what }),
        1 => (at.clone(), at).prop_map(|(one, other)| Edit::Swap { one, other }),
        1 => (0..4usize).prop_map(|by| Edit::Turn { by }),
        1 => (0..4usize).prop_map(|to| Edit::Revert { to }),
        2 => (file.clone(), text, any::<bool>())
            .prop_map(|(file, text, same_time)| Edit::Write { file, text, same_time }),
        1 => file.clone().prop_map(|file| Edit::Touch { file }),
        1 => file.prop_map(|file| Edit::Toggle { file }),
        4 => jobs.clone().prop_map(|jobs| Edit::Run { jobs }),
        1 => (jobs.clone(), 0..4usize).prop_map(|(jobs, after)| Edit::Stop { jobs, after }),
        2 => (jobs.clone(), 0..16usize).prop_map(|(jobs, event)| Edit::KillAt { jobs, event }),
        2 => (jobs, 0..12_000u64).prop_map(|(jobs, micros)| Edit::KillIn { jobs, micros }),
        2 => (any::<usize>(), hurt).prop_map(|(file, how)| Edit::Hurt { file, how }),
    ]
}
