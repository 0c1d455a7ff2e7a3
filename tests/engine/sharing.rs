//! Work that stages have in common is a stage of its own, run once.

use crate::world::World;
use expect_test::expect;

const ECHOES: &str = r#"
[stage.a]
kind = "say"
text = "hi"

[stage.b]
kind = "say"
text = "ho"

[stage.once]
kind = "echo"
of = "a"
times = 1
loud = true

[stage.twice]
kind = "echo"
of = "a"
times = 2
loud = true

[stage.other]
kind = "echo"
of = "b"
times = 1
loud = true

[stage.plain]
kind = "echo"
of = "a"
times = 3
loud = false
"#;

#[test]
fn shared_work_runs_once_for_all_that_ask_for_the_same() {
    let world = World::new();
    expect![[r#"
        a ran: it never finished here before
        b ran: it never finished here before
        loud[a,voice] ran: it never finished here before
        loud[b,voice] ran: it never finished here before
        once ran: it never finished here before
        other ran: it never finished here before
        plain ran: it never finished here before
        twice ran: it never finished here before
    "#]]
    .assert_eq(&world.run(ECHOES));
    let texts = ["once", "twice", "other", "plain"].map(|stage| world.text(stage));
    assert_eq!(texts, ["HI", "HIHI", "HO", "hihihi"]);
}

#[test]
fn another_reader_of_shared_work_finds_it_done() {
    let world = World::new();
    world.run(ECHOES);
    expect![[r#"
        a cached
        b cached
        loud[a,voice] cached
        loud[b,voice] cached
        once cached
        other cached
        plain cached
        twice ran: params.times: 2 → 5
    "#]]
    .assert_eq(&world.run(&ECHOES.replace("times = 2", "times = 5")));
}

#[test]
fn what_no_longer_asks_reads_no_shared_work() {
    let world = World::new();
    world.run(ECHOES);
    let quiet = ECHOES.replace("loud = true", "loud = false");
    expect![[r#"
        a cached
        b cached
        once ran: inputs.loud: 49114ca22b → (gone); params.loud: true → false
        other ran: inputs.loud: c851bebed7 → (gone); params.loud: true → false
        plain cached
        twice ran: inputs.loud: 49114ca22b → (gone); params.loud: true → false
    "#]]
    .assert_eq(&world.run(&quiet));
}
