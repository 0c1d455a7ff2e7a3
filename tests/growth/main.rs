//! How the work grows with the number of stages, counted and not timed: by the bytes that are asked of
//! the allocator, which are the same on a busy machine.
//!
//! Ten times the stages may take ten times the work, and a little for logarithms and growing tables;
//! what looks at every stage for every stage takes a hundred times as much.

#[path = "../engine/toys.rs"]
mod toys;
#[path = "../engine/trying.rs"]
mod trying;

use microtome::engine::{
    Judge, OnFailure, Order, Pipeline, Retry, Store, Verdict, execute, pipeline, plan,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    collections::BTreeSet,
    fmt::Write,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// Counts the bytes that the program asks for.
struct Counting;

static ASKED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.fetch_add(size.saturating_sub(layout.size()), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What ten times the stages may cost at most.
const MOST: f64 = 13.0;
const FEW: usize = 100;
const MANY: usize = 1000;

/// Only one test counts at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Stages in a row, of which each reads the one before.
fn chain(n: usize) -> String {
    let mut text = String::from("[stage.s0]\nkind = \"say\"\ntext = \"a text\"\n");
    for i in 1..n {
        let _ = write!(
            text,
            "[stage.s{i}]\nkind = \"echo\"\nof = \"s{}\"\ntimes = 1\nloud = false\n",
            i - 1
        );
    }
    text
}

/// Stages that all read one, with one that reads them all.
fn fan(n: usize) -> String {
    let mut text = String::from("[stage.s0]\nkind = \"say\"\ntext = \"a text\"\n");
    for i in 1..n {
        let _ =
            write!(text, "[stage.s{i}]\nkind = \"echo\"\nof = \"s0\"\ntimes = {i}\nloud = false\n");
    }
    let all: Vec<_> = (0..n).map(|i| format!("\"s{i}\"")).collect();
    text + &format!("[stage.all]\nkind = \"join\"\nof = [{}]\n", all.join(","))
}

/// A search over so many texts, which begin with another letter in another `round`.
fn grid(n: usize, round: &str) -> String {
    let texts: Vec<_> = (0..n).map(|i| format!("\"{round}{i}\"")).collect();
    let search = format!(
        "[stage.search]\nkind = \"try\"\nsay = \"s\"\ngrid = {{ text = [{}] }}\n",
        texts.join(",")
    );
    // The seed of the whole is asked for by every stage that takes one.
    format!("[pipeline]\nseed = 7\n[stage.s]\nkind = \"say\"\ntext = \"a text\"\n{search}")
}

/// A search of two rungs, with a gate between them.
fn gated(n: usize) -> String {
    grid(n, "x") + &format!("twice = {}\n", n / 2)
}

fn load(folder: &Path, text: String) -> Pipeline {
    let parsed = pipeline::parse(&folder.join("toy.toml"), text, &[], toys::KINDS);
    parsed.map_err(|rejected| rejected.problems).unwrap()
}

fn run(folder: &Path, text: String) {
    let pipeline = load(folder, text);
    let order = Order {
        targets: (0..pipeline.nodes.len()).collect(),
        force: BTreeSet::new(),
        jobs: 2,
        on_failure: OnFailure::KeepGoing,
        retry: Retry::Nothing,
        out: folder.join("out"),
    };
    let store = Store::open(&folder.join("cache")).unwrap();
    let ran = execute(&pipeline, &store, &order, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(ran.stages().all(|(_, state)| state.is_fine()));
}

fn planned(folder: &Path, text: String) {
    let (pipeline, store) = (load(folder, text), Store::at(&folder.join("cache")));
    let targets: Vec<_> = (0..pipeline.nodes.len()).collect();
    let judge = Judge::new(&pipeline, &store, BTreeSet::new());
    let cached =
        |verdict: &Verdict| matches!(verdict, Verdict::Cached(_) | Verdict::HeldBack { .. });
    assert!(plan(&judge, &targets).iter().all(|stage| cached(&stage.verdict)));
}

/// The bytes that some work asks for.
fn bytes(work: impl FnOnce()) -> usize {
    let before = ASKED.load(Ordering::Relaxed);
    work();
    ASKED.load(Ordering::Relaxed) - before
}

/// Some work after other work, by its name and the bytes that it asks for.
type Steps = Vec<(&'static str, usize)>;

/// The steps grow as the stages do.
fn grow_with_the_stages(steps: impl Fn(&Path, usize) -> Steps) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let at = |n| steps(tempfile::tempdir().unwrap().path(), n);
    let (few, many) = (at(FEW), at(MANY));
    for ((step, few), (_, many)) in few.into_iter().zip(many) {
        let growth = many as f64 / few as f64;
        let said = format!("{step}: {few} bytes for {FEW}, {many} for {MANY}: {growth:.1} times");
        println!("{said}");
        assert!(growth < MOST, "{said}");
    }
}

/// To check, to run for the first time, to run with nothing to do, and to plan.
fn steps(folder: &Path, text: String) -> Steps {
    vec![
        ("a check", bytes(|| drop(load(folder, text.clone())))),
        ("a first run", bytes(|| run(folder, text.clone()))),
        ("a run with nothing to do", bytes(|| run(folder, text.clone()))),
        ("a plan", bytes(|| planned(folder, text))),
    ]
}

#[test]
fn of_a_chain() {
    grow_with_the_stages(|folder, n| steps(folder, chain(n)));
}

#[test]
fn of_a_fan() {
    grow_with_the_stages(|folder, n| steps(folder, fan(n)));
}

#[test]
fn of_two_rungs() {
    grow_with_the_stages(|folder, n| steps(folder, gated(n)));
}

/// Every point is another than before, and each is compared with some of those that are gone.
#[test]
fn of_a_grid_that_is_replaced() {
    grow_with_the_stages(|folder, n| {
        run(folder, grid(n, "x"));
        let (pipeline, store) = (load(folder, grid(n, "y")), Store::at(&folder.join("cache")));
        let targets: Vec<_> = (0..pipeline.nodes.len()).collect();
        let judge = Judge::new(&pipeline, &store, BTreeSet::new());
        vec![("a plan", bytes(|| drop(plan(&judge, &targets))))]
    });
}
