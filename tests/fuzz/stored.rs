//! Files of the store, and data sets.

use crate::{
    counting::turn,
    mutate::{cases, hold, hold_some},
    toys,
};
use microtome::{
    data::Dataset,
    engine::{
        Event, Judge, OnFailure, Order, Retry, Store, execute, pipeline, plan,
        store::{Lookup, Record, sealed},
    },
};
use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
};

const TOML: &str = "stage.a = { kind = 'say', text = 'hi' }\nstage.b = { kind = 'loud', of = 'a' }\n\
    stage.s = { kind = 'try', say = 'a', twice = 1, grid = { text = ['x', 'fail', 'xx'] } }";

/// Runs the toy pipeline on the store in a folder; gives how many stages have a result.
fn run(dir: &Path) -> usize {
    let pipeline =
        pipeline::parse(&dir.join("toy.toml"), TOML.into(), &[], toys::KINDS).ok().unwrap();
    let store = Store::open(&dir.join("cache")).unwrap();
    let targets: Vec<_> = (0..pipeline.nodes.len()).collect();
    plan(&Judge::new(&pipeline, &store, Default::default()), &targets);
    let order = Order {
        targets,
        force: Default::default(),
        jobs: 1,
        on_failure: OnFailure::KeepGoing,
        retry: Retry::Nothing,
        out: dir.join("out"),
        name: None,
    };
    let panics = RefCell::new(Vec::new());
    let tell = |event: Event| match event {
        Event::Failed { message, .. } if message.contains("panic") => {
            panics.borrow_mut().push(message)
        }
        _ => {}
    };
    let run = execute(&pipeline, &store, &order, &Default::default(), &tell).unwrap();
    assert_eq!(panics.into_inner(), Vec::<String>::new());
    run.stages().filter(|(_, state)| state.record().is_some()).count()
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten();
    entries.filter(|e| e.file_type().is_file()).map(|e| e.into_path()).collect()
}

#[test]
fn records() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let made = run(dir.path());
    let path = files_below(&dir.path().join("cache/recipes")).remove(0);
    let key = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let whole = fs::read(&path).unwrap();
    let store = Store::at(&dir.path().join("cache"));
    let mut cases = 0;
    hold("records", std::slice::from_ref(&whole), 16 << 20, |bytes| {
        fs::write(&path, bytes).unwrap();
        let hit = match store.find(&key) {
            Lookup::Hit(_) => true,
            Lookup::Miss => panic!("a record that is there is missed"),
            Lookup::Damaged(how) => how.is_empty(),
        };
        assert!(!hit || bytes == whole, "a changed record was believed");
        // What is sealed anew is believed only where it is of its key.
        if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
            fs::write(&path, sealed(&record).unwrap()).unwrap();
            if let Lookup::Hit(record) = store.find(&key) {
                assert_eq!(record.recipe.key(), key);
            }
        }
        fs::write(&path, bytes).unwrap();
        cases += 1;
        if cases % 50 == 0 {
            assert_eq!(run(dir.path()), made);
        }
        hit
    });
}

/// Histories, failures, records: whatever becomes of them, the next run has all results.
#[test]
fn files_of_the_store() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let made = run(dir.path());
    for part in ["history", "failures", "recipes"] {
        let path = files_below(&dir.path().join("cache").join(part)).remove(0);
        let whole = fs::read(&path).unwrap();
        // A run takes a hundred times as long as what is tried here otherwise.
        hold_some(
            cases().min(100).max(cases() / 100),
            part,
            std::slice::from_ref(&whole),
            16 << 20,
            |bytes| {
                fs::write(&path, bytes).unwrap();
                assert_eq!(run(dir.path()), made);
                false
            },
        );
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn data_sets() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let toml = "stage.d = { kind = 'ingest', source = { synthetic = { count = 12, size = 16 } } }";
    let out = dir.path().join("out/fuzz/d");
    let pipeline =
        pipeline::parse("fuzz.toml".as_ref(), toml.into(), &[], microtome::stages::KINDS);
    let pipeline = pipeline.map_err(|rejected| rejected.problems).unwrap();
    let store = Store::open(&dir.path().join("cache")).unwrap();
    let order = Order {
        targets: vec![0],
        force: Default::default(),
        jobs: 1,
        on_failure: OnFailure::Stop,
        retry: Retry::Nothing,
        out: dir.path().join("out"),
        name: None,
    };
    execute(&pipeline, &store, &order, &Default::default(), &|_| ()).unwrap();
    let copy = dir.path().join("copy");
    fs::create_dir_all(&copy).unwrap();
    let files = files_below(&out);
    assert!(files.len() > 2, "{files:?}");
    for file in &files {
        fs::write(copy.join(file.file_name().unwrap()), fs::read(file).unwrap()).unwrap();
    }
    for name in ["images.safetensors", "dataset.json", "index.csv"] {
        let whole = fs::read(copy.join(name)).unwrap();
        hold(name, std::slice::from_ref(&whole), 4 << 20, |bytes| {
            fs::write(copy.join(name), bytes).unwrap();
            let Ok(opened) = Dataset::open(&|name| copy.join(name)) else { return false };
            (0..opened.len()).for_each(|i| assert!(!opened.image(i).is_empty()));
            true
        });
        fs::write(copy.join(name), whole).unwrap();
    }
}
