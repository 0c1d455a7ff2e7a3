//! `init --ci`: a workflow for GitHub Actions.

use crate::world::World;
use expect_test::expect;
use std::fs;

#[test]
fn the_workflow_names_the_pipeline_and_its_lock_file() {
    let world = World::new();
    world.write("runs/my-study.toml", "");
    let done = world.run("init runs/my-study.toml --ci");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    expect![[r#"
        wrote ./.github/workflows/microtome.yml; next: put microtome's source where it says, commit both and runs/my-study.lock
    "#]]
    .assert_eq(&done.out);
    let workflow = world.read(".github/workflows/microtome.yml");
    assert!(workflow.contains("\n  PIPELINE: runs/my-study.toml\n"), "{workflow}");
    assert_eq!(workflow.matches("hashFiles('runs/my-study.lock')").count(), 3);
    assert!(!workflow.contains("PIPELINE_PATH") && !workflow.contains("LOCK_PATH"));
}

/// What others may write, such as the title of a pull request, is in no command; and nothing is
/// saved or may be written from a pull request.
#[test]
fn pull_requests_can_neither_inject_nor_write() {
    let world = World::new();
    world.run("init --ci");
    let workflow = world.read(".github/workflows/microtome.yml");
    for line in workflow.lines().filter(|line| line.trim_start().starts_with("run: ")) {
        assert!(!line.contains("${{"), "{line}");
    }
    assert!(!workflow.contains("github.event.") && !workflow.contains("pull_request_target"));
    assert!(workflow.contains("\npermissions:\n  contents: read\n"));
    assert!(!workflow.contains(": write"), "no permission to write");
    let (_, save) = workflow.split_once("- name: Save the store\n").unwrap();
    assert!(
        save.starts_with("        if: ${{ always() && github.event_name != 'pull_request' }}\n")
    );
}

#[test]
fn it_overwrites_nothing_and_takes_only_paths_without_meaning() {
    let world = World::new();
    let first = world.run("init --ci");
    assert_eq!(
        (first.code, first.err.as_str()),
        (Some(0), "note: there is no pipeline.toml yet\n")
    );
    world.write(".github/workflows/microtome.yml", "mine");
    let again = world.run("init --ci");
    assert_eq!(again.code, Some(2));
    expect![[r#"
        error: ./.github/workflows/microtome.yml is there already
          = help: give another name, or remove it first
    "#]]
    .assert_eq(&again.err);
    assert_eq!(world.read(".github/workflows/microtome.yml"), "mine");
    fs::create_dir(world.path("other")).unwrap();
    for path in ["$(reboot).toml", "a'b.toml", "/etc/a.toml", "../a.toml", "-a/b.toml\""] {
        let mut command = world.command("init");
        command.args(["--ci=other", "--", path]);
        let done = crate::world::done(command.output().unwrap());
        assert_eq!(done.code, Some(2), "{path}");
        assert!(done.err.contains("cannot stand in a workflow"), "{path}: {}", done.err);
    }
    assert!(!world.path("other/.github").exists());
    let file = world.run("init --ci pipeline.toml");
    assert_eq!(file.code, Some(2));
    assert!(file.err.starts_with("error: pipeline.toml is not a folder\n"), "{}", file.err);
}
