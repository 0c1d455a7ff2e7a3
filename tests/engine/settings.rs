//! Parameters, `--set`, and grids: values that are laid into a pipeline from elsewhere.

use crate::world::World;
use expect_test::{Expect, expect};

fn check(toml: &str, expected: Expect) {
    expected.assert_eq(&World::problems(toml, &[]));
}

fn check_set(toml: &str, sets: &[&str], expected: Expect) {
    expected.assert_eq(&World::problems(toml, sets));
}

const SAY: &str = "[params]\nword = \"hi\"\n[stage.a]\nkind = \"say\"\ntext = \"${params.word}\"\n";

#[test]
fn parameters() {
    check(
        "[stage.a]\nkind = \"say\"\ntext = \"${params.wrd}\"\n[params]\nword = \"hi\"",
        expect![[r#"
            nothing is called `params.wrd`
              @ "${params.wrd}" | in this string
              = did you mean `params.word`?
        "#]],
    );
    check(
        "[stage.a]\nkind = \"say\"\ntext = \"${word}\"",
        expect![[r#"
        nothing is called `word`
          @ "${word}" | in this string
          = declare it in a table `[params]`
    "#]],
    );
    check(
        "[stage.a]\nkind = \"say\"\ntext = \"a ${params.n} b\"\n[params]\nn = 3",
        expect!["fine"],
    );
    check(
        "[stage.a]\nkind = \"say\"\ntext = \"hi\"\nseed = \"${params.n}\"\n[params]\nn = 3",
        expect!["fine"],
    );
    check(
        "[stage.a]\nkind = \"say\"\ntext = \"hi\"\nseed = \"${params.n}\"\n[params]\nn = \"x\"",
        expect![[r#"
            stage `a` (say): expected a whole number, 0 or more, found the string "x"
              @ "${params.n}" | expected a whole number, 0 or more
        "#]],
    );
}

#[test]
fn settings_of_the_command_line() {
    check_set(SAY, &["stage.a.text=3"], expect!["fine"]);
    check_set(SAY, &["params.word=3"], expect!["fine"]);
    check_set(SAY, &["stage.a.style.repeat.times=3"], expect!["fine"]);
    check_set(
        SAY,
        &["stage.a.seed=x"],
        expect![[r#"
            stage `a` (say): expected a whole number, 0 or more, found the string "x"
              @ x | expected a whole number, 0 or more
        "#]],
    );
    check_set(
        SAY,
        &["stage.a.sed=1"],
        expect![[r#"
            stage `a` (say): unknown key `sed`
              @ stage.a.sed=1 | not known here
              = did you mean `seed`?
        "#]],
    );
    check_set(
        SAY,
        &["stage.b.text=1", "params.wrd=1", "seed=1", "params.word"],
        expect![[r#"
        no stage `b` to set
          @ stage.b.text=1 | no such stage
          = did you mean `a`?
        no parameter `wrd` to set
          @ params.wrd=1 | no such parameter
          = did you mean `word`?
        no key `seed` to set
          @ seed=1 | no such key
          = known here: `pipeline.…`, `params.…` and `stage.NAME.…`
        a setting without a value
          @ params.word | expected KEY=VALUE
          = write it as `--set stage.cnn.epochs=3`
    "#]],
    );
}

#[test]
fn a_grid_with_a_wrong_key_or_value() {
    let grid = |grid: &str| {
        format!(
            "stage.a = {{ kind = \"say\", text = \"hi\" }}\nstage.s = {{ kind = \"try\", say = \"a\", grid = {{ {grid} }} }}"
        )
    };
    check(&grid("\"style.repeat.times\" = [1, 2]"), expect!["fine"]);
    check(
        &grid("\"style.repeat.tims\" = [1, 2]"),
        expect![[r#"
            a point of `s` (say): unknown key `tims`
              @ "style.repeat.tims" | not known here
              = did you mean `times`?
        "#]],
    );
    check(
        &grid("\"style.repeat.times\" = [1, \"x\"]"),
        expect![[r#"
            a point of `s` (say): expected a whole number, 0 or more, found the string "x"
              @ "x" | expected a whole number, 0 or more
        "#]],
    );
    check(
        &grid("\"text.deep\" = [1, 2]"),
        expect![[r#"
        `text.deep` is no parameter: cannot set `deep` within the string "hi"
          @ "text.deep" | here
    "#]],
    );
    check(
        &grid("text = [\"a\", \"a\"]"),
        expect![[r#"
        two points are called `text="a"`
          @ s | in this search
    "#]],
    );
    check(
        "stage.a = { kind = \"count\" }\nstage.s = { kind = \"try\", say = \"a\", grid = {} }",
        expect![[r#"
            stage `s` (try): `say` needs a stage of kind `say`, and `a` is `count`
              @ "a" | needs kind `say`
              + a | is of kind `count`
        "#]],
    );
}

#[test]
fn a_stage_named_twice() {
    check(
        "stage.a = { kind = \"say\", text = \"hi\" }\nstage.b = { kind = \"join\", of = [\"a\", \"a\"] }",
        expect![[r#"
            stage `b`: `of` names `a` twice
              @ "a" | again
              + "a" | first
        "#]],
    );
}

#[test]
fn a_setting_may_turn_a_string_into_something_else() {
    let choice = "stage.a = { kind = \"say\", text = \"hi\", style = \"plain\" }";
    check_set(choice, &["stage.a.style={repeat={times=3}}"], expect![["fine"]]);
    check_set(
        choice,
        &["stage.a.style.repeat.times=3"],
        expect![[r#"
        cannot set `repeat.times` within the string "plain"
          @ stage.a.style.repeat.times=3 | here
    "#]],
    );
    check_set(
        "stage.1 = { kind = \"say\", text = \"hi\" }",
        &["stage.1.seed=3"],
        expect![["fine"]],
    );
}
