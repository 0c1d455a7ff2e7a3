//! What is cleared away, what stays, and what is forgotten because it is damaged.

use crate::world::World;
use expect_test::expect;
use microtome::engine::{
    Digest, Store,
    store::{Collected, Damage, How, Limit, Lookup},
};
use std::{
    fs::{self, File},
    path::PathBuf,
    time::{Duration, SystemTime},
};

const DAY: u64 = 86_400;
const SAY: &str = r#"
stage.a = { kind = "say", text = "hi" }
stage.b = { kind = "loud", of = "a" }
"#;
const EVERYTHING: Option<Limit> = Some(Limit { bytes: 0, keep: Duration::ZERO });

fn gc(world: &World, limit: Option<Limit>) -> Collected {
    world.store().collect(limit, &[], How::Remove, || panic!("nobody to wait for")).unwrap()
}

/// The stages that went, in their order.
fn gone(done: &Collected) -> Vec<&str> {
    done.records.iter().map(|gone| gone.stage.as_str()).collect()
}

fn unlock(world: &World) {
    fs::remove_file(world.path("toy.lock")).unwrap();
}

fn record_of(world: &World, stage: &str) -> PathBuf {
    let files = walkdir::WalkDir::new(world.path("cache/recipes")).into_iter().flatten();
    let named = format!("\"stage\": \"{stage}\"");
    let is = |path: &PathBuf| path.is_file() && fs::read_to_string(path).unwrap().contains(&named);
    files.map(|entry| entry.into_path()).find(is).unwrap()
}

fn used_days_ago(world: &World, stage: &str, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * DAY);
    File::open(record_of(world, stage)).unwrap().set_modified(then).unwrap();
}

fn blob_of(world: &World, stage: &str) -> PathBuf {
    let text = fs::read(world.path("out/toy").join(stage).join("text")).unwrap();
    world.store().blob(&Digest::of_bytes(&text))
}

fn damage(world: &World, stage: &str) {
    let blob = blob_of(world, stage);
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "ho").unwrap();
}

#[test]
fn what_is_used_longest_ago_goes_first() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    used_days_ago(&world, "a", 3);
    used_days_ago(&world, "b", 5);
    let half = Some(Limit { bytes: 2, keep: Duration::ZERO });
    assert_eq!(gone(&gc(&world, half)), ["b"]);
    assert_eq!(gone(&gc(&world, half)), Vec::<&str>::new());
    assert_eq!(gone(&gc(&world, EVERYTHING)), ["a"]);
    assert_eq!(fs::read_dir(world.path("cache/recipes")).unwrap().count(), 2);
    let left = walkdir::WalkDir::new(world.path("cache/objects")).into_iter().flatten();
    assert_eq!(left.filter(|entry| entry.file_type().is_file()).count(), 0);
    expect![[r#"
        a ran: its result is not in the store any more
        b ran: its result is not in the store any more
    "#]]
    .assert_eq(&world.run(SAY));
}

#[test]
fn a_hit_is_a_use() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    used_days_ago(&world, "a", 40);
    used_days_ago(&world, "b", 40);
    world.run_with(SAY, &["a"], &[]);
    unlock(&world);
    let month = Some(Limit { bytes: 0, keep: Duration::from_secs(30 * DAY) });
    assert_eq!(gone(&gc(&world, month)), ["b"]);
}

#[test]
fn a_time_in_the_future_counts_as_now() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    let then = SystemTime::now() + Duration::from_secs(400 * DAY);
    File::open(record_of(&world, "a")).unwrap().set_modified(then).unwrap();
    used_days_ago(&world, "b", 2);
    let day = Some(Limit { bytes: 0, keep: Duration::from_secs(DAY) });
    assert_eq!(gone(&gc(&world, day)), ["b"]);
    // With a clock that went backwards a run still finds what it needs.
    assert!(world.run(SAY).contains("a cached"));
    unlock(&world);
    // Nothing is kept for ever because of it.
    assert!(gone(&gc(&world, EVERYTHING)).contains(&"a"));
}

#[test]
fn what_a_lock_file_names_stays() {
    let world = World::new();
    world.run(SAY);
    world.store().note_lock_file(&world.path("toy.toml")).unwrap();
    assert_eq!(gone(&gc(&world, EVERYTHING)), Vec::<&str>::new());
    world.run(&SAY.replace("hi", "ho"));
    // What the lock file named before goes.
    assert_eq!(gone(&gc(&world, EVERYTHING)).len(), 2);
    assert_eq!(world.run(&SAY.replace("hi", "ho")), "a cached\nb cached\n");
    unlock(&world);
    assert_eq!(gone(&gc(&world, EVERYTHING)).len(), 2);
}

#[test]
fn a_lock_file_may_be_given() {
    let world = World::new();
    world.run(SAY);
    fs::rename(world.path("toy.lock"), world.path("other.lock")).unwrap();
    let given = [world.path("other.lock")];
    let done = world.store().collect(EVERYTHING, &given, How::Remove, || {}).unwrap();
    assert_eq!(gone(&done), Vec::<&str>::new());
    let missing = [world.path("missing.lock")];
    let said = world.store().collect(EVERYTHING, &missing, How::Remove, || {}).unwrap_err();
    assert_eq!(said.replace(&world.root(), "…"), "there is no …/missing.lock");
    assert_eq!(world.run(SAY), "a cached\nb cached\n");
}

#[test]
fn a_lock_file_that_cannot_be_read_stops_it() {
    let world = World::new();
    world.run(SAY);
    world.store().note_lock_file(&world.path("toy.toml")).unwrap();
    fs::write(world.path("toy.lock"), "<<<<<<< ours\n").unwrap();
    let said = world.store().collect(EVERYTHING, &[], How::Remove, || {}).unwrap_err();
    expect!["…/toy.lock, line 1: `<<<<<<< ours` is left of a merge"]
        .assert_eq(&said.replace(&world.root(), "…"));
    unlock(&world);
    assert_eq!(world.run(SAY), "a cached\nb cached\n");
}

#[test]
fn what_a_running_process_found_stays_until_it_ends() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    let key = record_of(&world, "a").file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let running = world.store();
    assert!(matches!(running.find(&key), Lookup::Hit(_)));
    assert_eq!(gone(&gc(&world, EVERYTHING)), ["b"]);
    assert!(blob_of(&world, "a").exists());
    drop(running);
    assert_eq!(fs::read_dir(world.path("cache/runs")).unwrap().count(), 0);
    assert_eq!(gone(&gc(&world, EVERYTHING)), ["a"]);
}

#[test]
fn a_file_whose_record_is_not_written_yet_stays() {
    let world = World::new();
    let (running, key) = (world.store(), Digest::of_bytes(b"key"));
    let attempt = running.attempt(&key).unwrap();
    fs::write(attempt.path().join("text"), "made").unwrap();
    running.take(&attempt).unwrap();
    let blob = running.blob(&Digest::of_bytes(b"made"));
    gc(&world, EVERYTHING);
    assert!(blob.exists());
    drop(running);
    assert_eq!(gc(&world, None).blobs, 1);
    assert!(!blob.exists());
}

#[test]
fn who_only_looks_is_waited_for() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    let store = world.store();
    let looks = Store::look(&world.path("cache")).unwrap();
    let (waits, waiting) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let gc =
            scope.spawn(|| store.collect(EVERYTHING, &[], How::Remove, || waits.send(()).unwrap()));
        waiting.recv().unwrap();
        assert!(blob_of(&world, "a").exists());
        drop(looks);
        assert_eq!(gc.join().unwrap().unwrap().records.len(), 2);
    });
}

#[test]
fn a_dry_run_removes_nothing() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    let would = world.store().collect(EVERYTHING, &[], How::DryRun, || {}).unwrap();
    assert_eq!((would.records.len(), would.blobs, would.kept), (2, 3, 0));
    assert_eq!(world.run(SAY), "a cached\nb cached\n");
    unlock(&world);
    let done = gc(&world, EVERYTHING);
    assert_eq!((done.records.len(), done.blobs, done.bytes), (2, 3, would.bytes));
    // `out/` still shows them.
    assert_eq!(done.linked, done.bytes);
    assert_eq!(world.text("a"), "hi");
}

#[test]
fn without_a_limit_only_what_no_result_needs_goes() {
    let world = World::new();
    world.run(SAY);
    unlock(&world);
    used_days_ago(&world, "a", 1000);
    fs::remove_file(record_of(&world, "b")).unwrap();
    let done = gc(&world, None);
    assert_eq!((gone(&done).len(), done.blobs, done.kept), (0, 2, 1));
    assert!(blob_of(&world, "a").exists());
}

#[test]
fn what_is_left_of_old_work_goes_after_the_days_to_keep() {
    let world = World::new();
    world.run(SAY);
    let key = Digest::of_bytes(b"given up").hex();
    let checkpoint = world.path("cache/scratch").join(&key);
    fs::create_dir_all(&checkpoint).unwrap();
    fs::write(checkpoint.join("state"), "half").unwrap();
    let month = Some(Limit { bytes: u64::MAX, keep: Duration::from_secs(30 * DAY) });
    assert_eq!(gc(&world, month).leftovers, 0);
    let then = SystemTime::now() - Duration::from_secs(31 * DAY);
    File::open(checkpoint.join("state")).unwrap().set_modified(then).unwrap();
    // The folder itself is younger.
    assert_eq!(gc(&world, month).leftovers, 0);
    File::open(&checkpoint).unwrap().set_modified(then).unwrap();
    assert_eq!(gc(&world, month).leftovers, 1);
    assert!(!checkpoint.exists());
}

#[test]
fn a_damaged_file_is_forgotten_with_all_that_needs_it() {
    let world = World::new();
    world.run(SAY);
    damage(&world, "a");
    let found = world.store().check(|_| {}).unwrap();
    let said = |damage: &Damage| match damage {
        Damage::Blob { digest, why } => format!("{}: {why}\n", digest.short()),
        Damage::Record { key, stage, why } => {
            format!("{} {}: {why}\n", key.short(), stage.as_deref().unwrap_or("?"))
        }
    };
    expect![[r#"
        85052e9aab: its contents have the digest 3a7e0ef8a3
        da5494520c `a` of toy: its file `text` is damaged
    "#]]
    .assert_eq(&found.damaged.iter().map(said).collect::<String>());
    assert_eq!((found.blobs, found.records), (3, 2));
    assert_eq!(world.store().check(|_| {}).unwrap().damaged, []);
    expect![[r#"
        a ran: its result is not in the store any more
        b cached
    "#]]
    .assert_eq(&world.run(SAY));
}

#[test]
fn a_record_without_its_files_or_its_recipe_is_forgotten() {
    let world = World::new();
    world.run(SAY);
    fs::remove_file(blob_of(&world, "b")).unwrap();
    fs::write(record_of(&world, "a"), "{").unwrap();
    let found = world.store().check(|_| {}).unwrap();
    let why = |damage: &Damage| match damage {
        Damage::Blob { why, .. } | Damage::Record { why, .. } => why.clone(),
    };
    let whys: Vec<_> = found.damaged.iter().map(why).collect();
    assert_eq!(whys, ["its record is not readable", "its file `text` is gone"]);
    // What they needed is left over, and is for `gc`.
    assert_eq!((found.orphans, found.kept), (2, None));
    assert_eq!(gc(&world, None).blobs, 2);
}

#[test]
fn unknown_files_are_named_and_left_alone() {
    let world = World::new();
    world.run(SAY);
    let strangers = ["mine.txt", "objects/aa/photo.jpg", "objects/notes", "recipes/aa/x.json"];
    for name in strangers {
        let path = world.path("cache").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let found = world.store().check(|_| {}).unwrap();
    let names = found.strangers.iter().map(|p| p.strip_prefix(world.path("cache")).unwrap());
    assert_eq!(names.map(|name| name.to_str().unwrap()).collect::<Vec<_>>(), strangers);
    assert_eq!(found.damaged, []);
    gc(&world, EVERYTHING);
    assert!(strangers.iter().all(|name| world.path("cache").join(name).exists()));
}

#[test]
fn what_is_being_made_is_not_forgotten_by_a_check() {
    let world = World::new();
    world.run(SAY);
    fs::remove_file(blob_of(&world, "a")).unwrap();
    let record = record_of(&world, "a");
    let key = record.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let store = world.store();
    let lock = store.try_lock(&key).unwrap().unwrap();
    assert_eq!(world.store().check(|_| {}).unwrap().damaged, []);
    assert!(record.exists());
    drop(lock);
    assert_eq!(world.store().check(|_| {}).unwrap().damaged.len(), 1);
    assert!(!record.exists());
}

#[test]
fn a_record_that_leads_out_of_its_folder_is_damaged() {
    let world = World::new();
    world.run(SAY);
    let record = record_of(&world, "a");
    for name in ["../../evil", "/evil", "", "x/../../../../evil"] {
        let text = fs::read_to_string(&record).unwrap();
        fs::write(&record, text.replace("\"name\": \"text\"", &format!("\"name\": \"{name}\"")))
            .unwrap();
        expect![[r#"
            a ran: its result was damaged: its record is not readable
            b cached
        "#]]
        .assert_eq(&world.run(SAY));
    }
}

#[test]
fn a_file_of_which_the_name_is_not_unicode_is_refused() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let world = World::new();
    let store = world.store();
    let attempt = store.attempt(&Digest::of_bytes(b"key")).unwrap();
    fs::write(attempt.path().join(OsStr::from_bytes(b"bad\xff")), "made").unwrap();
    fs::write(attempt.path().join("grün 🔬 \"x\""), "made").unwrap();
    let error = store.take(&attempt).unwrap_err().to_string();
    assert_eq!(error, r#"cannot keep the file "bad\xFF": its name is not Unicode"#);
    fs::remove_file(attempt.path().join(OsStr::from_bytes(b"bad\xff"))).unwrap();
    assert_eq!(store.take(&attempt).unwrap().files()[0].name, "grün 🔬 \"x\"");
}

#[test]
fn sources_that_differ_in_what_is_not_unicode_are_told_apart() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let world = World::new();
    let write = |name: &[u8], text: &str| {
        fs::create_dir_all(world.path("source")).unwrap();
        fs::write(world.path("source").join(OsStr::from_bytes(name)), text).unwrap();
    };
    let toml = "stage.r = { kind = \"read\", dir = \"DIR\" }";
    write(b"a\xfe.txt", "one");
    write(b"a\xff.txt", "two");
    world.run(toml);
    assert_eq!(world.text("r"), "onetwo");
    write(b"a\xfe.txt", "two");
    write(b"a\xff.txt", "one");
    assert!(world.run(toml).contains("r ran: files in dir: other contents"));
    assert_eq!(world.text("r"), "twoone");
}
