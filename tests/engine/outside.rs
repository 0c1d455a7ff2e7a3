//! What a pipeline may read: what lies in the folder that one runs in, or in the file's own, or is
//! allowed.

use crate::{toys::KINDS, world::World};
use expect_test::expect;
use microtome::engine::pipeline;
use std::fs;

/// What is wrong with a pipeline whose file lies in the world's folder, first line a problem.
fn problems(world: &World, toml: &str, sets: &[&str]) -> Vec<String> {
    let toml = toml.replace("ROOT", &world.root());
    let sets: Vec<_> = sets.iter().map(|set| set.to_string()).collect();
    let parsed = pipeline::parse(&world.path("in/toy.toml"), toml, &sets, KINDS);
    let problems = parsed.err().map_or(vec![], |rejected| rejected.problems);
    problems.iter().map(|p| p.title().replace(&world.root(), "…")).collect()
}

fn world() -> World {
    let world = World::new();
    fs::create_dir_all(world.path("in/data")).unwrap();
    fs::create_dir_all(world.path("out-there")).unwrap();
    world
}

#[test]
fn the_message_shows_what_and_where_and_the_line_to_add() {
    expect![[r#"
        stage `r` (read): `../shared/data` lies outside of the folder that you run in and of the pipeline's own
          @ "../shared/data" | outside
          = to let it be read add `allow_outside = ["../shared/data"]` to `[pipeline]`
        stage `q` (quote): `/etc/passwd` lies outside of the folder that you run in and of the pipeline's own
          @ "/etc/passwd" | outside
          = to let it be read add `allow_outside = ["/etc"]` to `[pipeline]`
    "#]]
    .assert_eq(&World::problems(
        "stage.r = { kind = \"read\", dir = \"../shared/data\" }\n\
         stage.q = { kind = \"quote\", file = \"/etc/passwd\" }",
        &[],
    ));
}

#[test]
fn inside_is_where_one_runs_and_where_the_file_lies() {
    let fine = |dir: &str| {
        let toml = format!("stage.r = {{ kind = \"read\", dir = \"{dir}\" }}");
        assert_eq!(problems(&world(), &toml, &[]), Vec::<String>::new(), "{dir}");
    };
    fine("src");
    fine("not/there/yet");
    fine("src/../tests");
    fine("ROOT/in/data");
    fine("ROOT/in/data/../other");
}

#[test]
fn no_way_leads_out() {
    let world = world();
    std::os::unix::fs::symlink(world.path("out-there"), world.path("in/link")).unwrap();
    let refused = |dir: &str| {
        let toml = format!("stage.r = {{ kind = \"read\", dir = \"{dir}\" }}");
        let problems = problems(&world, &toml, &[]);
        assert_eq!(problems.len(), 1, "{dir}");
        assert!(problems[0].contains("lies outside of the folder that you run in"), "{problems:?}");
    };
    for dir in [
        "..",
        "/",
        "ROOT/out-there",
        "ROOT/in-between",
        "src/../..",
        "not/there/../../../yet",
        "ROOT/in/link",
        "ROOT/in/link/deeper",
        "ROOT/in/missing/../../out-there",
    ] {
        refused(dir);
    }
}

#[test]
fn a_parameter_of_the_file_and_a_point_of_a_search_are_the_files_word_too() {
    let world = world();
    let toml = "[params]\ndata = \"ROOT/out-there\"\n\
                [stage.r]\nkind = \"read\"\ndir = \"${params.data}/x\"";
    expect!["stage `r` (read): `…/out-there/x` lies outside of the folder that you run in and of the pipeline's own"]
        .assert_eq(&problems(&world, toml, &[]).concat());
}

#[test]
fn what_the_user_sets_is_allowed() {
    let world = world();
    let there = world.path("out-there").display().to_string();
    let file = "[params]\ndata = \"data\"\nmore = \"/../..\"\n[stage.r]\nkind = \"read\"\n";
    let fine = |dir: &str, set: &str| {
        let toml = format!("{file}dir = \"{dir}\"");
        assert_eq!(problems(&world, &toml, &[set]), Vec::<String>::new(), "{dir} {set}");
    };
    let set = format!("params.data={there}");
    fine("${params.data}", &set);
    fine("${params.data}/deeper", &set);
    fine("${params.data}", &format!("params.data=\"{there}\""));
    fine("data", &format!("stage.r.dir={there}"));
    // The file leads out of what the user gave.
    for dir in ["${params.data}/..", "${params.data}${params.more}", "/etc/${params.data}"] {
        let toml = format!("{file}dir = \"{dir}\"");
        assert_eq!(problems(&world, &toml, &[&set]).len(), 1, "{dir}");
    }
}

#[test]
fn what_the_file_allows_is_allowed() {
    let world = world();
    let file = "[pipeline]\nallow_outside = [\"ROOT/out-there\"]\n";
    let of = |dir: &str| format!("{file}[stage.r]\nkind = \"read\"\ndir = \"{dir}\"");
    assert_eq!(problems(&world, &of("ROOT/out-there/deeper"), &[]), Vec::<String>::new());
    assert_eq!(problems(&world, &of("ROOT/out-there-too"), &[]).len(), 1);
    assert_eq!(problems(&world, &of("ROOT"), &[]).len(), 1);
}

#[test]
fn names_lead_nowhere() {
    for name in ["..", "a/b", ".", "", "/etc", "a\\nb"] {
        let said = World::problems(
            &format!("[pipeline]\nname = \"{name}\"\n[stage.\"{name}\"]\nkind = \"count\""),
            &[],
        );
        assert!(said.contains("cannot be the name of a pipeline"), "{name}: {said}");
        assert!(said.contains("cannot be the name of a stage"), "{name}: {said}");
    }
}
