//! The store as its users meet it: what it takes, what goes, and stores that are full, read-only,
//! of another version, or in odd places.

use crate::world::{Done, World, done};
use expect_test::expect;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
};

/// Two quick stages.
const SHORT: &str = r#"
[pipeline]
name = "short"

[stage.patches]
kind = "ingest"
source = { synthetic = { count = 24, size = 24, slides = 6 } }

[stage.look]
kind = "eda"
data = "patches"
"#;

fn ran() -> World {
    let world = World::with(SHORT);
    assert_eq!(world.ran("run pipeline.toml"), ["look", "patches"]);
    world
}

/// The binary under a shell's settings.
fn under(world: &World, settings: &str, args: &str) -> Done {
    let mut shell = Command::new("sh");
    let line = format!("{settings} exec {} {args}", env!("CARGO_BIN_EXE_microtome"));
    done(shell.current_dir(world.dir.path()).args(["-c", &line]).output().unwrap())
}

fn files(world: &World, below: &str) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(world.path(below)).into_iter();
    walk.map(|entry| entry.unwrap().into_path()).collect()
}

fn a_blob(world: &World) -> PathBuf {
    let is_file = |path: &PathBuf| path.is_file() && fs::metadata(path).unwrap().len() > 0;
    files(world, "cache/objects").into_iter().find(is_file).unwrap()
}

#[test]
fn du_says_what_takes_how_much() {
    let world = ran();
    let said = world.run("cache du");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines[0], "pipeline  stage    kind    results  size       shared  last used");
    assert!(lines[1].starts_with("short     look     eda     1        "), "{}", said.out);
    assert!(lines[2].starts_with("short     patches  ingest  1        "), "{}", said.out);
    assert!(lines[4].starts_with("2 results in "), "{}", said.out);
    let json = world.run("cache du --json").out;
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let on_disk = files(&world, "cache/objects").into_iter().filter(|path| path.is_file());
    let on_disk: u64 = on_disk.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!(lines[2]["bytes"], on_disk);
    assert_eq!(lines[0]["bytes"].as_u64().unwrap() + lines[1]["bytes"].as_u64().unwrap(), on_disk);
}

#[test]
fn gc_keeps_what_the_lock_file_names_and_says_so() {
    let world = ran();
    let said = world.run("cache gc --max-size 0");
    let kept = said.out.lines().nth(1).unwrap_or_default();
    assert_eq!(said.out.lines().next(), Some("gone: 0 results and 0 files, 0 B"));
    assert!(kept.starts_with("kept: 2 results, "), "{}", said.out);
    assert!(kept.ends_with(", which is more than 0 B: the rest is named by lock files, in use, or was used within the days to keep"), "{kept}");
    fs::remove_file(world.path("pipeline.lock")).unwrap();
    let would = world.run("cache gc --max-size 0 --dry-run").out;
    assert!(would.starts_with("pipeline  stage    key "), "{would}");
    assert!(would.contains("\nwould go: 2 results and "), "{would}");
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
    fs::remove_file(world.path("pipeline.lock")).unwrap();
    assert!(world.run("cache gc --max-size 0").out.contains("\ngone: 2 results and "));
    assert_eq!(world.ran("run pipeline.toml"), ["look", "patches"]);
}

#[test]
fn sizes_that_are_none_are_refused() {
    let said = ran().run("cache gc --max-size lots");
    assert_eq!(said.code, Some(2));
    expect![[r#"
        error: invalid value 'lots' for '--max-size <SIZE>': write a number with a unit, such as 20GiB, 500MB or 0

        For more information, try '--help'.
    "#]]
    .assert_eq(&said.err);
}

#[test]
fn verify_names_what_is_damaged_and_the_next_run_heals_it() {
    let world = ran();
    let whole = world.run("cache verify");
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    assert!(whole.out.ends_with(" and 2 results checked: all whole\n"), "{}", whole.out);
    let blob = a_blob(&world);
    let size = fs::metadata(&blob).unwrap().len() as usize;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, vec![b'x'; size]).unwrap();
    let said = world.run("cache verify");
    assert_eq!(said.code, Some(1));
    let name = blob.file_name().unwrap().to_str().unwrap();
    let first = format!("forgot file {}: its contents have the digest ", &name[..10]);
    assert!(said.out.starts_with(&first), "{}", said.out);
    assert!(said.out.lines().nth(1).unwrap().starts_with("forgot the result "), "{}", said.out);
    assert!(said.out.contains(" and 2 results checked: 1 file and 1 result damaged"));
    assert_eq!(world.run("cache verify").code, Some(0));
    assert_eq!(world.ran("run pipeline.toml").len(), 1);
}

#[test]
fn a_store_of_another_version_is_refused_and_one_without_a_mark_is_marked() {
    let world = ran();
    assert_eq!(world.read("cache/version"), "1\n");
    world.write("cache/version", "7\n");
    for args in ["run pipeline.toml", "plan pipeline.toml", "cache du", "cache gc", "cache verify"]
    {
        let said = world.run(args);
        assert_eq!(said.code, Some(1), "{args}");
        expect![[r#"
            error: the store cache has version `7`, and this microtome knows version 1: use the program that wrote it, or give another folder with `--cache`
        "#]]
        .assert_eq(&said.err);
    }
    fs::remove_file(world.path("cache/version")).unwrap();
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
    assert_eq!(world.read("cache/version"), "1\n");
}

#[test]
fn nothing_can_be_written_to_by_others_whatever_the_umask() {
    let world = World::with(SHORT);
    let said = under(&world, "umask 0;", "run pipeline.toml");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let made = [files(&world, "cache"), files(&world, "out"), vec![world.path("pipeline.lock")]];
    for path in made.concat() {
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o022, 0, "{}: {mode:o}", path.display());
    }
    assert_eq!(fs::metadata(a_blob(&world)).unwrap().permissions().mode() & 0o777, 0o444);
    let world = World::with(SHORT);
    assert_eq!(under(&world, "umask 077;", "run pipeline.toml").code, Some(0));
    let folder = fs::metadata(world.path("cache/objects")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

/// Runs as somebody whom permissions bind, as root they do not.
fn as_nobody(world: &World, args: &str) -> Done {
    let is_root = fs::metadata("/proc/self").unwrap();
    if std::os::unix::fs::MetadataExt::uid(&is_root) != 0 {
        return world.run(args);
    }
    // The binary may lie where nobody may look.
    let binary = world.path("microtome");
    if !binary.exists() {
        fs::copy(env!("CARGO_BIN_EXE_microtome"), &binary).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
    done(command.current_dir(world.dir.path()).args(args.split_whitespace()).output().unwrap())
}

/// Lets everybody write below a folder, or nobody.
fn chmod(world: &World, mode: &str, name: &str) {
    let changed = Command::new("chmod").args(["-R", mode]).arg(world.path(name)).status();
    assert!(changed.unwrap().success());
}

#[test]
fn a_read_only_store_gives_what_it_has_and_makes_nothing() {
    let world = ran();
    fs::remove_dir_all(world.path("out")).unwrap();
    chmod(&world, "a+rwX", ".");
    chmod(&world, "a-w", "cache");
    let said = as_nobody(&world, "run pipeline.toml");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let warnings: Vec<_> = said.err.lines().filter(|line| line.contains("warning")).collect();
    assert_eq!(
        warnings,
        [
            "warning: the store cannot be written to (Permission denied (os error 13)): results that it has are taken, and nothing can be made"
        ]
    );
    assert!(world.path("out/short/look/eda.json").exists(), "{}", said.err);
    let other =
        as_nobody(&world, "run pipeline.toml --set stage.patches.source.synthetic.count=30");
    assert_eq!(other.code, Some(1));
    assert!(other.err.contains("error: `patches` failed: it would run, and the store cache cannot be written to: Permission denied (os error 13); make it writable, or give another with `--cache`"), "{}", other.err);
    for args in [
        "plan pipeline.toml",
        "why pipeline.toml look",
        "show pipeline.toml",
        "cache du",
        "cache verify",
        "cache gc --dry-run",
    ] {
        let said = as_nobody(&world, args);
        assert_eq!(said.code, Some(0), "{args}: {}", said.err);
    }
    let said = as_nobody(&world, "cache gc");
    assert_eq!(said.code, Some(1));
    expect![[r#"
        error: the store cache cannot be written to: Permission denied (os error 13); make it writable, or give another with `--cache`
    "#]]
    .assert_eq(&said.err);
    chmod(&world, "u+w", "cache");
}

#[test]
fn a_disk_that_has_no_room_is_said_and_leaves_the_store_whole() {
    let world = ran();
    let bigger = "run pipeline.toml --set stage.patches.source.synthetic.count=600";
    // No file may be larger than 40 blocks of 512 bytes: the data set does not fit.
    let said = under(&world, "trap '' XFSZ; ulimit -f 40;", bigger);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let line = said.err.lines().find(|line| line.starts_with("error: `patches` failed:"));
    let line = line.unwrap_or_else(|| panic!("{}", said.err));
    assert!(line.contains("images.safetensors") && line.contains("File too large"), "{line}");
    assert_eq!(world.run("cache verify").code, Some(0));
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
    assert_eq!(world.ran(bigger), ["look", "patches"]);
    assert_eq!(fs::read_dir(world.path("cache/tmp")).unwrap().count(), 0);
}

#[test]
fn odd_paths_are_paths_like_others() {
    let world = World::new();
    let odd = "a b'\"c ü 🔬";
    let pipeline = format!("{odd}/the pipeline.toml");
    world.write(&pipeline, SHORT);
    fs::create_dir_all(world.path("elsewhere")).unwrap();
    symlink(world.path("elsewhere"), world.path("a link")).unwrap();
    let run = |args: &[&str]| {
        let mut command = world.command("");
        command.args(args).arg("--cache").arg(world.path("a link/the store"));
        let said = done(command.output().unwrap());
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
        said.err + &said.out
    };
    let out = format!("{odd}/out put");
    assert!(run(&["run", &pipeline, "--out", &out]).contains("2 ran in"));
    assert!(run(&["run", &pipeline, "--out", &out]).contains("2 cached in"));
    assert!(world.path(&out).join("short/look/eda.json").exists());
    assert!(run(&["cache", "gc", "--max-size", "0"]).contains("gone: 0 results"));
    assert!(run(&["cache", "verify"]).contains("all whole"));
}

#[test]
fn no_secret_and_no_path_of_this_machine_is_written_down() {
    let world = ran();
    fs::remove_dir_all(world.path("cache")).unwrap();
    let secret = "hunter2hunter2";
    let mut command = world.command("run pipeline.toml --json");
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "KAGGLE_KEY"] {
        command.env(name, secret);
    }
    let said = done(command.output().unwrap());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let here = world.path("").display().to_string();
    let here = here.trim_end_matches('/');
    let has = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    for word in [secret, here] {
        assert!(!has(said.out.as_bytes(), word) && !has(said.err.as_bytes(), word), "{word}");
    }
    let mut looked = 0;
    for path in files(&world, "").into_iter().filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        assert!(!has(&bytes, secret), "{}", path.display());
        // Where the lock file lies is what `gc` has to know, and nothing else does.
        let is_root = path.starts_with(world.path("cache/roots"));
        assert_eq!(has(&bytes, here), is_root, "{}", path.display());
        looked += 1;
    }
    assert!(looked > 20, "{looked} files");
}
