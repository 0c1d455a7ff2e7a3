//! A second run does nothing; a change reruns what it changes and nothing else.

use crate::world::World;
use expect_test::expect;
use std::fs;

const CHAIN: &str = r#"
[stage.a]
kind = "say"
text = "hi"

[stage.b]
kind = "trim"
of = "a"

[stage.c]
kind = "join"
of = ["b"]
"#;

#[test]
fn a_second_run_does_nothing() {
    let world = World::new();
    expect![[r#"
        a ran: it never finished here before
        b ran: it never finished here before
        c ran: it never finished here before
    "#]]
    .assert_eq(&world.run(CHAIN));
    assert_eq!(world.text("c"), "b=hi\n");
    expect![[r#"
        a cached
        b cached
        c cached
    "#]]
    .assert_eq(&world.run(CHAIN));
}

#[test]
fn an_equal_intermediate_stops_the_rerun() {
    let world = World::new();
    world.run(CHAIN);
    expect![[r#"
        a ran: params.text: "hi" → " hi "
        b ran: inputs.of: other contents (764b853ff0 → 1a38fd87b7)
        c cached
    "#]]
    .assert_eq(&world.run(&CHAIN.replace("\"hi\"", "\" hi \"")));
}

#[test]
fn comments_order_format_and_explicit_defaults_change_nothing() {
    let world = World::new();
    world.run(CHAIN);
    let rewritten = r#"
# the same, upside down
stage.c = { of = ["b"], kind = "join" }
stage.b = { of = "a", kind = "trim" }
stage.a = { style = "plain", text = 'hi', kind = "say", seed = 0 }
"#;
    expect![[r#"
        a cached
        b cached
        c cached
    "#]]
    .assert_eq(&world.run(rewritten));
}

#[test]
fn a_name_enters_a_key_only_where_the_output_shows_it() {
    let world = World::new();
    world.run(CHAIN);
    let renamed = CHAIN.replace("stage.a]", "stage.first]").replace("of = \"a\"", "of = \"first\"");
    expect![[r#"
        b cached
        c cached
        first cached
    "#]]
    .assert_eq(&world.run(&renamed));
    let renamed = CHAIN.replace("stage.b]", "stage.x]").replace("[\"b\"]", "[\"x\"]");
    expect![[r#"
        a cached
        c ran: inputs.of.b: 764b853ff0 → (gone); inputs.of.x: (new) → 764b853ff0
        x cached
    "#]]
    .assert_eq(&world.run(&renamed));
}

#[test]
fn the_pipelines_seed_enters_only_the_kinds_that_have_one() {
    let world = World::new();
    world.run(CHAIN);
    expect![[r#"
        a ran: params.seed: 0 → 7
        b ran: inputs.of: other contents (764b853ff0 → 3b68c9e4dd)
        c ran: inputs.of.b: other contents (764b853ff0 → 3b68c9e4dd)
    "#]]
    .assert_eq(&world.run(&format!("[pipeline]\nseed = 7\n{CHAIN}")));
}

#[test]
fn one_point_changed_in_a_grid_runs_alone() {
    let world = World::new();
    let grid = |values: &str| {
        format!(
            r#"
            [stage.a]
            kind = "say"
            text = "hi"
            [stage.search]
            kind = "try"
            say = "a"
            grid = {{ "style.repeat.times" = {values} }}
            [stage.end]
            kind = "trim"
            of = "search"
            "#
        )
    };
    world.run(&grid("[2, 3]"));
    expect![[r#"
        a cached
        end ran: inputs.of: other contents (9f94d7afd5 → 98cd15aae6)
        search ran: inputs.points.search[style.repeat.times=3]: 4150981144 → (gone); params.grid.style.repeat.times: [2,3] → [2,4]; inputs.points.search[style.repeat.times=4]: (new) → 38c012d501
        search[style.repeat.times=2] cached
        search[style.repeat.times=4] ran: compared with search[style.repeat.times=3], params.style.repeat.times: 3 → 4
    "#]]
    .assert_eq(&world.run(&grid("[2, 4]")));
}

#[test]
fn equal_recipes_are_made_once() {
    let world = World::new();
    let toml = r#"
        stage.a = { kind = "say", text = "hi" }
        stage.b = { kind = "say", text = "hi" }
        stage.c = { kind = "trim", of = "a" }
        stage.d = { kind = "trim", of = "b" }
    "#;
    let log = world.run(toml);
    assert_eq!(log.matches(" ran: ").count(), 2, "{log}");
    assert_eq!(log.matches(" cached").count(), 2, "{log}");
}

#[test]
fn a_touched_source_changes_nothing_and_an_edited_one_does() {
    let world = World::new();
    world.write_source("a.txt", "one ");
    world.write_source("b.txt", "two");
    world.write_source("notes.md", "not read");
    let toml = "stage.r = { kind = \"read\", dir = \"DIR\" }";
    world.run(toml);
    assert_eq!(world.text("r"), "one two");
    world.write_source("a.txt", "one ");
    world.write_source("notes.md", "still not read");
    assert_eq!(world.run(toml), "r cached\n");
    world.write_source("b.txt", "three");
    expect![[r#"
        r ran: files in dir: other contents (266b007437 → 69643e6a55)
    "#]]
    .assert_eq(&world.run(toml));
    fs::rename(world.path("source/a.txt"), world.path("source/c.txt")).unwrap();
    assert!(world.run(toml).starts_with("r ran: files in dir: "));
    assert_eq!(world.text("r"), "threeone ");
}

#[test]
fn where_the_source_lies_does_not_enter_the_key() {
    let world = World::new();
    world.write_source("a.txt", "one");
    world.run("stage.r = { kind = \"read\", dir = \"DIR\" }");
    fs::rename(world.path("source"), world.path("elsewhere")).unwrap();
    let moved = world.path("elsewhere").display().to_string();
    assert_eq!(
        world.run(&format!("stage.r = {{ kind = \"read\", dir = \"{moved}\" }}")),
        "r cached\n"
    );
}

#[test]
fn a_source_that_moves_while_it_is_read_is_refused() {
    let world = World::new();
    world.write_source("moves.txt", "before");
    let log = world.run("stage.r = { kind = \"read\", dir = \"DIR\" }").replace(&world.root(), "…");
    assert_eq!(log, "r failed: …/source/moves.txt changed while it was being read\n");
}

#[test]
fn force_runs_what_is_cached() {
    let world = World::new();
    world.run(CHAIN);
    expect![[r#"
        a cached
        b ran: it was forced
        c cached
    "#]]
    .assert_eq(&world.run_with(CHAIN, &[], &["b"]));
}

#[test]
fn a_target_brings_what_it_reads_and_nothing_else() {
    let world = World::new();
    expect![[r#"
        a ran: it never finished here before
        b ran: it never finished here before
    "#]]
    .assert_eq(&world.run_with(CHAIN, &["b"], &[]));
}

#[test]
fn a_plan_says_what_would_run_without_running_it() {
    let world = World::new();
    expect![[r#"
        a would run: it never finished here before
        b would run: it never finished here before
        c would run: it never finished here before
    "#]]
    .assert_eq(&world.plan(CHAIN));
    assert!(!world.path("out").exists());
    world.run(CHAIN);
    expect![[r#"
        a cached
        b cached
        c cached
    "#]]
    .assert_eq(&world.plan(CHAIN));
    expect![[r#"
        r broken: the folder …/source does not exist
    "#]]
    .assert_eq(&world.plan("stage.r = { kind = \"read\", dir = \"DIR\" }"));
}

#[test]
fn a_plan_tells_certain_reruns_from_possible_ones() {
    let world = World::new();
    world.run(CHAIN);
    // `b` only waits for `a`; `c` has another input and runs whatever comes out of `b`.
    let changed = CHAIN.replace("\"hi\"", "\"ho\"").replace("[\"b\"]", "[\"b\", \"a\"]");
    expect![[r#"
        a would run: params.text: "hi" → "ho"
        b waits on a
        c would run: inputs.of.a: (new) → 761cd524c3
    "#]]
    .assert_eq(&world.plan(&changed));
}

#[test]
fn a_dead_link_among_the_sources_harms_nothing() {
    let world = World::new();
    world.write_source("a.txt", "one");
    let toml = "stage.r = { kind = \"read\", dir = \"DIR\" }";
    world.run(toml);
    std::os::unix::fs::symlink("nowhere", world.path("source/dead.md")).unwrap();
    std::os::unix::fs::symlink(".", world.path("source/circle")).unwrap();
    assert_eq!(world.run(toml), "r cached\n");
}

#[test]
fn a_single_file_counts_by_its_content_alone() {
    let world = World::new();
    let toml = |name: &str| format!("stage.q = {{ kind = \"quote\", file = \"DIR/{name}\" }}");
    world.write_source("a.bin", "one");
    assert_eq!(world.run(&toml("a.bin")), "q ran: it never finished here before\n");
    world.write_source("b.bin", "one");
    assert_eq!(world.run(&toml("b.bin")), "q cached\n");
    world.write_source("c.bin", "beside it");
    assert_eq!(world.run(&toml("a.bin")), "q cached\n");
    world.write_source("a.bin", "two");
    let ran = world.run(&toml("a.bin"));
    assert!(ran.starts_with("q ran: files in file: other contents ("), "{ran}");
    assert_eq!(world.text("q"), "two");
    expect![[r#"
        q broken: the file …/source/d.bin does not exist
    "#]]
    .assert_eq(&world.plan(&toml("d.bin")));
    expect![[r#"
        q broken: …/source is not a file
    "#]]
    .assert_eq(&world.plan(&toml("")).replace("source/ is", "source is"));
}
