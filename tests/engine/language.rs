//! Everything that can be wrong with a pipeline file, in whole messages.

use crate::world::World;
use expect_test::{Expect, expect};

fn check(toml: &str, expected: Expect) {
    expected.assert_eq(&World::problems(toml, &[]));
}

const SAY: &str = "[params]\nword = \"hi\"\n[stage.a]\nkind = \"say\"\ntext = \"${params.word}\"\n";

#[test]
fn a_right_file_is_fine() {
    check(SAY, expect!["fine"]);
}

#[test]
fn all_problems_are_said_at_once() {
    check(
        r#"
        [pipline]
        [stage.a]
        kind = "sy"
        [stage.b]
        kind = "say"
        txt = "hi"
        seed = "x"
        style = "loud"
        [stage.c]
        kind = "trim"
        of = "d"
        "#,
        expect![[r#"
            unknown table `pipline`
              @ pipline | not known here
              = did you mean `pipeline`?
            stage `a` has an unknown kind
              @ "sy" | no such kind
              = did you mean `say`?
            stage `b` (say): missing key `text`
              @ b | `text` belongs here
              = add `text = …`
            stage `b` (say): unknown key `txt`
              @ txt | not known here
              = did you mean `text`?
            stage `b` (say): expected a whole number, 0 or more, found the string "x"
              @ "x" | expected a whole number, 0 or more
            stage `b` (say): `loud` is not a choice here
              @ "loud" | expected `plain` or `repeat`
              = known here: `plain` and `repeat`
            no stage is called `d`
              @ "d" | no such stage
              = did you mean `b`?
        "#]],
    );
}

#[test]
fn not_toml() {
    check(
        "[stage.a\nkind = \"say\"",
        expect![[r#"
        not TOML: unclosed table, expected `]`
          @  | here
    "#]],
    );
}

#[test]
fn missing_things() {
    check(
        "",
        expect![[r#"
        the pipeline has no stage
          = add one: `[stage.patches]` with `kind = "ingest"`
    "#]],
    );
    check(
        "[stage.a]\ntext = \"hi\"",
        expect![[r#"
            stage `a` has no kind
              @ a | `kind = …` belongs here
              = known here: `say`, `trim`, `join`, `read`, `quote`, `count`, `fail`, `try`, `longest`, `loud`, `echo` and `fickle`
        "#]],
    );
    check(
        "[stage.a]\nkind = \"say\"",
        expect![[r#"
            stage `a` (say): missing key `text`
              @ a | `text` belongs here
              = add `text = …`
        "#]],
    );
    check(
        "[stage.a]\nkind = \"trim\"",
        expect![[r#"
            stage `a`: missing key `of`
              @ a | `of` belongs here
              = name the stage to read: `of = "…"`
        "#]],
    );
    check(
        "[stage.a]\nkind = \"join\"",
        expect![[r#"
            stage `a`: missing key `of`
              @ a | `of` belongs here
              = name the stages to read: `of = ["…"]`
        "#]],
    );
}

#[test]
fn wrong_types() {
    check(
        "stage = 3",
        expect![[r#"
        `stage` is a table of stages
          @ stage | write `[stage.NAME]`
    "#]],
    );
    check(
        "[stage]\na = 3",
        expect![[r#"
        stage `a` is not a table
          @ 3 | expected a table
          = write `[stage.a]` with `kind = …`
    "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = 3 }",
        expect![[r#"
            stage `a` (say): expected a string, found the number 3
              @ 3 | expected a string
        "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = \"hi\", seed = -1 }",
        expect![[r#"
            stage `a` (say): expected a whole number, 0 or more, found the number -1
              @ -1 | expected a whole number, 0 or more
        "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = \"hi\", style = { plain = {} } }",
        expect![[r#"
            stage `a` (say): expected just "plain", which takes no parameters, found a table
              @ {} | expected just "plain", which takes no parameters
        "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = \"hi\", style = { repeat = { times = 1.5 } } }",
        expect![[r#"
            stage `a` (say): expected a whole number, 0 or more, found the number 1.5
              @ 1.5 | expected a whole number, 0 or more
        "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = \"hi\", style = { repeat = { tims = 1 } } }",
        expect![[r#"
            stage `a` (say): unknown key `tims`
              @ tims | not known here
              = did you mean `times`?
        "#]],
    );
    check(
        "stage.a = { kind = \"say\", text = \"hi\", style = { plain = {}, repeat = {} } }",
        expect![[r#"
            stage `a` (say): expected a table with one key: `plain` or `repeat`, found 2 keys
              @ repeat | expected a table with one key: `plain` or `repeat`
        "#]],
    );
    check(
        "stage.a = { kind = \"trim\", of = [] }",
        expect![[r#"
            stage `a`: `of` is the name of a stage
              @ [] | expected the name of a stage
        "#]],
    );
    check(
        "stage.a = { kind = \"join\", of = [] }",
        expect![[r#"
            stage `a`: `of` is a list of at least one stage name
              @ [] | expected a list of at least one stage name
        "#]],
    );
}

#[test]
fn a_choice_as_a_string_takes_its_defaults() {
    check("stage.a = { kind = \"say\", text = \"hi\", style = \"repeat\" }", expect!["fine"]);
}

#[test]
fn a_misspelt_reference_key() {
    check(
        "stage.a = { kind = \"say\", text = \"hi\" }\nstage.b = { kind = \"trim\", off = \"a\" }",
        expect![[r#"
            stage `b`: missing key `of`
              @ b | `of` belongs here
              = name the stage to read: `of = "…"`
            stage `b` (trim): unknown key `off`
              @ off | not known here
              = did you mean `of`?
        "#]],
    );
}

#[test]
fn a_reference_to_nothing() {
    check(
        "stage.words = { kind = \"say\", text = \"hi\" }\nstage.b = { kind = \"trim\", of = \"word\" }",
        expect![[r#"
            no stage is called `word`
              @ "word" | no such stage
              = did you mean `words`?
        "#]],
    );
}

#[test]
fn an_edge_of_the_wrong_type() {
    check(
        "stage.n = { kind = \"count\" }\nstage.b = { kind = \"trim\", of = \"n\" }",
        expect![[r#"
            stage `b` (trim): `of` takes a text, and `n` (count) gives a number
              @ "n" | takes a text
              + n | gives a number
        "#]],
    );
}

#[test]
fn a_cycle() {
    check(
        "stage.a = { kind = \"trim\", of = \"c\" }\nstage.b = { kind = \"trim\", of = \"a\" }\nstage.c = { kind = \"join\", of = [\"b\"] }",
        expect![[r#"
            the stages wait for each other: a → b → c → a
              @ "a" | `b` reads `a`
              + "b" | `c` reads `b`
              + "c" | `a` reads `c`
              = a stage can only read what does not depend on it: take one of these references away
        "#]],
    );
    check(
        "stage.a = { kind = \"trim\", of = \"a\" }",
        expect![[r#"
        the stages wait for each other: a → a
          @ "a" | `a` reads `a`
          = a stage can only read what does not depend on it: take one of these references away
    "#]],
    );
}

#[test]
fn what_a_stage_says_against_its_own_parameters() {
    check(
        "stage.a = { kind = \"say\", text = \"\" }",
        expect![[r#"
            stage `a` (say): an empty text
              @ "" | here
        "#]],
    );
}

#[test]
fn names_and_devices() {
    check(
        "stage.\"a/b\" = { kind = \"say\", text = \"hi\" }",
        expect![[r#"
            `a/b` cannot be the name of a stage
              @ "a/b" | letters, digits, `_` and `-` only, the first no `-`
        "#]],
    );
    check(
        "pipeline.device = \"cuda:1\"\nstage.a = { kind = \"say\", text = \"hi\" }",
        expect![[r#"
            `cuda:1`: this build computes on the CPU only
              @ "cuda:1" | no CUDA here
              = use `device = "auto"`, which takes the best that is there
        "#]],
    );
    check(
        "pipeline.device = \"cup\"\nstage.a = { kind = \"say\", text = \"hi\" }",
        expect![[r#"
        `cup` is not a device
          @ "cup" | expected `auto` or `cpu`
          = did you mean `cpu`?
    "#]],
    );
    check(
        "pipeline.nam = \"x\"\nstage.a = { kind = \"say\", text = \"hi\" }",
        expect![[r#"
            `[pipeline]`: unknown key `nam`
              @ nam | not known here
              = did you mean `name`?
        "#]],
    );
}

#[test]
fn parameters_beside_a_choice_instead_of_within_it() {
    check(
        "stage.a = { kind = \"say\", text = \"hi\", style = { repeat = {}, times = 3 } }",
        expect![[r#"
            stage `a` (say): what belongs to `repeat` goes into a table of its own: `{ repeat = { …, times = … } }`
              @ times | here
        "#]],
    );
}
