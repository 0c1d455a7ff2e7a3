//! What the store holds, and what becomes of it when it is hurt.

use crate::world::World;
use expect_test::expect;
use microtome::engine::{Digest, recipe::Recipe};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::atomic::AtomicBool,
};

static GO: AtomicBool = AtomicBool::new(false);

const SAY: &str = r#"
stage.a = { kind = "say", text = "hi" }
stage.b = { kind = "loud", of = "a" }
"#;

fn blob_of(world: &World, stage: &str, file: &str) -> PathBuf {
    let link = fs::read(world.path("out/toy").join(stage).join(file)).unwrap();
    world.store().blob(&Digest::of_bytes(&link))
}

#[test]
fn a_key_is_pinned() {
    // Were this to change, every cache of every user would be lost: raise a version instead.
    let recipe = Recipe {
        missing: Default::default(),
        kind: "say".into(),
        version: 1,
        backend: None,
        params: json!({ "text": "hi", "seed": 0, "rate": 0.001 }),
        inputs: [("of".into(), vec![])].into(),
        sources: [("dir".into(), Digest::of_bytes(b""))].into(),
    };
    expect![[r#"{"inputs":{"of":[]},"kind":"say","params":{"rate":0.001,"seed":0,"text":"hi"},"sources":{"dir":"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},"version":1}"#]]
    .assert_eq(&recipe.canonical());
    expect!["7315c3ee89"].assert_eq(&recipe.key().short());
}

#[test]
fn the_lock_file_says_one_fact_a_line() {
    let world = World::new();
    world.run(SAY);
    expect![[r##"
        # Written by microtome: commit it, and check it with `microtome run --locked`.
        version = 2

        [stage."a"]
        key = "da5494520ce9188d9d60278bb68196b248d4af9552584657437675db62aa9619"
        recipe."kind" = "say"
        recipe."params.seed" = "0"
        recipe."params.style" = '"plain"'
        recipe."params.text" = '"hi"'
        recipe."version" = "1"
        outputs."text" = "85052e9aab1b67b6622d94a08441b09fd5b7aca61ee360416d70de5da67d86ca"

        [stage."b"]
        key = "a041989b775444489e346e2355ac4324c3a9bc2bda07e949030365b69c296266"
        recipe."backend" = "cpu"
        recipe."inputs.of" = "764b853ff0"
        recipe."kind" = "loud"
        recipe."params" = "{}"
        recipe."version" = "3"
        outputs."deep/er/echo" = "54eed4460d7248c40158faa659cd0b6dbdb99cdd87221218783da7c227e5d0f8"
        outputs."text" = "9e1081d7cacacea658e9fbeb8ae95ba86e9b82be210de3fc0e51f71638bf3465"
    "##]]
    .assert_eq(&fs::read_to_string(world.path("toy.lock")).unwrap());
}

#[test]
fn results_are_linked_and_blobs_are_read_only() {
    let world = World::new();
    world.run(SAY);
    assert_eq!(world.text("b"), "HI");
    assert_eq!(fs::read_to_string(world.path("out/toy/b/deep/er/echo")).unwrap(), "echo");
    let (blob, link) = (blob_of(&world, "b", "text"), world.path("out/toy/b/text"));
    assert_eq!(fs::metadata(&blob).unwrap().ino(), fs::metadata(&link).unwrap().ino());
    assert_eq!(fs::metadata(&blob).unwrap().permissions().mode() & 0o777, 0o444);
}

#[test]
fn links_of_former_results_go_and_own_files_stay() {
    let world = World::new();
    world.run(SAY);
    fs::write(world.path("out/toy/b/mine.txt"), "my notes").unwrap();
    world.run(&SAY.replace("loud", "trim"));
    assert!(!world.path("out/toy/b/deep/er/echo").exists());
    assert!(world.path("out/toy/b/mine.txt").exists());
    assert_eq!(world.text("b"), "hi");
    let left: Vec<_> =
        fs::read_dir(world.path("out/toy/b")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(
        left.iter().filter(|name| name.to_string_lossy().starts_with('.')).count(),
        0,
        "{left:?}"
    );
}

#[test]
fn a_lost_blob_is_a_miss_said_aloud_and_healed() {
    let world = World::new();
    world.run(SAY);
    fs::remove_file(blob_of(&world, "a", "text")).unwrap();
    expect![[r#"
        a ran: its result was damaged: `text` is gone
        b cached
    "#]]
    .assert_eq(&world.run(SAY));
    assert_eq!(world.run(SAY), "a cached\nb cached\n");
}

#[test]
fn a_truncated_blob_is_a_miss_said_aloud_and_healed() {
    let world = World::new();
    world.run(SAY);
    let blob = blob_of(&world, "b", "text");
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "H").unwrap();
    expect![[r#"
        a cached
        b ran: its result was damaged: `text` has 1 bytes instead of 2
    "#]]
    .assert_eq(&world.run(SAY));
    assert_eq!(world.text("b"), "HI");
}

#[test]
fn a_damaged_record_is_a_miss() {
    let world = World::new();
    world.run(SAY);
    for entry in walkdir::WalkDir::new(world.path("cache/recipes")) {
        let path = entry.unwrap().into_path();
        if path.is_file() {
            fs::write(path, "{").unwrap();
        }
    }
    expect![[r#"
        a ran: its result was damaged: its record is not readable
        b ran: its result was damaged: its record is not readable
    "#]]
    .assert_eq(&world.run(SAY));
}

#[test]
fn a_record_under_a_wrong_key_is_never_a_hit() {
    let world = World::new();
    world.run(SAY);
    let records: Vec<_> = walkdir::WalkDir::new(world.path("cache/recipes"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    fs::copy(&records[0], &records[1]).unwrap();
    let log = world.run(SAY);
    assert_eq!(log.matches("its record is for another recipe").count(), 1, "{log}");
    assert_eq!(world.text("a"), "hi");
    assert_eq!(world.text("b"), "HI");
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let world = World::new();
    let left =
        world.path("cache").join("tmp").join(format!("{}.1-0", Digest::of_bytes(b"x").hex()));
    fs::create_dir_all(left.join("deep")).unwrap();
    world.run(SAY);
    assert!(!left.exists());
}

#[test]
fn a_held_key_is_not_swept() {
    let world = World::new();
    let (store, key) = (world.store(), Digest::of_bytes(b"x"));
    let lock = store.lock(&key, &GO, |_| {}).unwrap().unwrap();
    let left = world.path("cache").join("tmp").join(format!("{}.1-0", key.hex()));
    fs::create_dir_all(&left).unwrap();
    world.run(SAY);
    assert!(left.exists());
    drop(lock);
    world.run(SAY);
    assert!(!left.exists());
}

#[test]
fn a_waiting_process_says_whom_it_waits_for() {
    let world = World::new();
    let (store, key) = (world.store(), Digest::of_bytes(b"x"));
    let lock = store.lock(&key, &GO, |_| {}).unwrap().unwrap();
    let told = std::thread::scope(|scope| {
        let (say, told) = std::sync::mpsc::channel();
        scope.spawn(move || {
            let _second = store.lock(&key, &GO, |holder| say.send(holder).unwrap()).unwrap();
        });
        let holder = told.recv().unwrap();
        drop(lock);
        holder
    });
    assert_eq!(told, "another stage of this run");
}

#[test]
fn nothing_is_made_of_a_blob_that_was_changed() {
    let world = World::new();
    world.run(SAY);
    // As many bytes as before: a look at sizes does not tell.
    let blob = blob_of(&world, "a", "text");
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "ho").unwrap();
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o444)).unwrap();
    expect![[r#"
        a ran: its result was damaged: `text` is gone
        b ran: backend: cpu → (gone); kind: loud → trim; version: 3 → 1
    "#]]
    .assert_eq(&world.run(&SAY.replace("{ kind = \"loud\"", "{ kind = \"trim\"")));
    assert_eq!(world.text("a"), "hi");
    assert_eq!(world.text("b"), "hi");
}

#[test]
fn all_readers_wait_for_a_blob_that_was_changed() {
    let world = World { jobs: 1, ..World::new() };
    let toml = "stage.a = { kind = \"say\", text = \"hi\" }\n";
    world.run(toml);
    let blob = blob_of(&world, "a", "text");
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "ho").unwrap();
    // Both are ready when the first of them finds out.
    let readers =
        "stage.b = { kind = \"loud\", of = \"a\" }\nstage.c = { kind = \"trim\", of = \"a\" }\n";
    expect![[r#"
        a ran: its result was damaged: `text` is gone
        b ran: it never finished here before
        c ran: it never finished here before
    "#]]
    .assert_eq(&world.run(&format!("{toml}{readers}")));
    assert_eq!(world.text("c"), "hi");
}

#[test]
fn force_heals_a_blob_that_was_changed() {
    let world = World::new();
    world.run(SAY);
    let blob = blob_of(&world, "a", "text");
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "ho").unwrap();
    world.run_with(SAY, &[], &["a"]);
    assert_eq!(fs::read_to_string(blob).unwrap(), "hi");
}

#[test]
fn somebodys_own_file_is_never_replaced() {
    let world = World::new();
    fs::create_dir_all(world.path("out/toy/a")).unwrap();
    fs::write(world.path("out/toy/a/text"), "mine").unwrap();
    fs::write(world.path("out/toy/a/other"), "read-only, and mine").unwrap();
    fs::set_permissions(world.path("out/toy/a/other"), fs::Permissions::from_mode(0o444)).unwrap();
    world.run(SAY);
    world.run(&SAY.replace("\"hi\"", "\"ho\""));
    assert_eq!(world.text("a"), "mine");
    assert!(world.path("out/toy/a/other").exists());
}

#[test]
fn a_stage_folder_that_is_a_link_is_not_followed() {
    let world = World::new();
    fs::create_dir_all(world.path("elsewhere")).unwrap();
    fs::create_dir_all(world.path("out/toy")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), world.path("out/toy/a")).unwrap();
    world.run(SAY);
    assert_eq!(fs::read_dir(world.path("elsewhere")).unwrap().count(), 0);
}

#[test]
fn leftovers_of_dead_writers_and_finished_checkpoints_are_swept() {
    let world = World::new();
    world.run(SAY);
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let dead = world.path(&format!("cache/tmp/write.{}.999999999-0", host.trim()));
    let alive = world.path(&format!("cache/tmp/write.{}.{}-0", host.trim(), std::process::id()));
    fs::write(&dead, "half").unwrap();
    fs::write(&alive, "half").unwrap();
    let records = walkdir::WalkDir::new(world.path("cache/recipes")).into_iter().flatten();
    let record = records.map(|entry| entry.into_path()).find(|path| path.is_file()).unwrap();
    let scratch = world.path("cache/scratch").join(record.file_stem().unwrap());
    fs::create_dir_all(scratch.join("checkpoint")).unwrap();
    world.run(SAY);
    assert!(!dead.exists() && alive.exists() && !scratch.exists());
}

#[test]
fn asking_leaves_no_trace() {
    let world = World::new();
    let (pipeline, store) = (world.load(SAY), microtome::engine::Store::at(&world.path("nowhere")));
    let judge = microtome::engine::Judge::new(&pipeline, &store, Default::default());
    assert_eq!(microtome::engine::plan(&judge, &[0, 1]).len(), 2);
    assert!(!world.path("nowhere").exists());
}

#[test]
fn a_stage_is_told_which_files_are_as_they_were_when_it_last_ran() {
    let world = World::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        world.write_source(name, name);
    }
    let toml = "stage.r = { kind = \"read\", dir = \"DIR\" }";
    world.run(toml);
    assert_eq!(world.notes(), ["new: a.txt", "new: b.txt", "new: c.txt"]);
    world.write_source("b.txt", "edited");
    fs::rename(world.path("source/c.txt"), world.path("source/d.txt")).unwrap();
    world.run(toml);
    assert_eq!(world.notes(), ["new: b.txt", "new: d.txt"]);
    // What was made earlier is not trusted once it is damaged.
    let blob = blob_of(&world, "r", "text");
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "a.txteditedc.tx!").unwrap();
    world.write_source("a.txt", "edited too");
    world.run(toml);
    assert_eq!(world.notes(), ["new: a.txt", "new: b.txt", "new: d.txt"]);
}
