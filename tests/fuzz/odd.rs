//! Pipelines that are not written but generated: deep, long, large.

use crate::{
    counting::{peak_of, turn},
    pipelines::parsed,
    watch::watched,
};

/// The first problem of a pipeline, found in bounded memory, and without a hang.
fn refused(toml: &str, sets: &[String]) -> String {
    let (parsed, peak) =
        watched(format!("the pipeline {toml:.200}"), || peak_of(|| parsed(toml, sets)));
    assert!(peak < 512 << 20, "{peak} bytes");
    parsed.err().map_or("fine".into(), |rejected| rejected.problems[0].title())
}

#[test]
fn deep_nesting() {
    let _turn = turn();
    for depth in [100, 10_000, 100_000] {
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_ne!(
                refused(&format!("stage.a = {{ kind = 'ingest', x = {value} }}"), &[]),
                "fine"
            );
            assert_ne!(
                refused("[stage.a]\nkind = 'ingest'", &[format!("stage.a.x={value}")]),
                "fine"
            );
        }
        let key = vec!["a"; depth].join(".");
        assert_ne!(refused(&format!("[stage.{key}]\nb = 1"), &[]), "fine");
        assert_ne!(refused("[stage.a]\nkind = 'ingest'", &[format!("stage.a.{key}=1")]), "fine");
    }
}

const SAY: &str = "[stage.a]\nkind = 'ingest'\nsource.synthetic = { count = ";

#[test]
fn extreme_numbers_and_strange_characters() {
    let _turn = turn();
    for number in [
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551616",
        "1e999",
        "nan",
        "0x_1",
    ] {
        refused(&format!("{SAY}{number} }}"), &[]);
        refused(&format!("{SAY}3 }}"), &[format!("stage.a.source.synthetic.count={number}")]);
    }
    let long = "x".repeat(1 << 20);
    for text in ["\0", "\u{202e}", &long] {
        assert_ne!(refused(&format!("[stage.\"{text}\"]\nkind = 'ingest'"), &[]), "fine");
        assert_ne!(refused(&format!("[stage.a]\nkind = \"{text}\""), &[]), "fine");
        assert_ne!(refused(&format!("{SAY}3 }}"), &[format!("stage.{text}.b=1")]), "fine");
    }
}

/// A parameter is not expanded within another, so that a file's references cannot blow it up.
#[test]
fn parameters_do_not_expand_each_other() {
    let _turn = turn();
    let mut toml = String::from("[params]\np0 = 'xxxxxxxxxx'\n");
    for i in 1..60 {
        toml += &format!("p{i} = '${{params.p{p}}}${{params.p{p}}}'\n", p = i - 1);
    }
    toml += "[stage.a]\nkind = '${params.p59}'\n";
    assert_eq!(refused(&toml, &[]), "stage `a` has an unknown kind");
}

/// A pipeline whose search has these lines.
fn search(lines: &str) -> String {
    refused(
        &format!(
            "[stage.d]\nkind = 'ingest'\nsource.synthetic = {{ count = 9 }}\n\
             [stage.p]\nkind = 'preprocess'\ndata = 'd'\n\
             [stage.t]\nkind = 'train'\ndata = 'p'\n\
             model = {{ layers = ['global_avg_pool', {{ dense = 1 }}] }}\n\
             [stage.s]\nkind = 'tune'\ntrain = 't'\n{lines}\n"
        ),
        &[],
    )
}

#[test]
fn a_search_of_too_many_points_is_refused_by_name() {
    let _turn = turn();
    let values = (0..2000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let two = (1..=501).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let said = [
        format!("grid = {{ batch_size = [{values}], epochs = [{values}] }}"),
        "grid = { batch_size = [8] }\nseeds = 9223372036854775807".into(),
        "grid = { batch_size = [8] }\nseeds = 4294967295".into(),
        "grid = { batch_size = [8, 9] }\nseeds = 65536".into(),
        format!("grid = {{ batch_size = [{two}], epochs = [3, 4] }}\nseeds = 1000"),
    ]
    .map(|lines| search(&lines));
    expect_test::expect![[r#"
        [
            "stage `s` (tune): the grid has 4000000 points",
            "stage `s` (tune): expected a whole number from 1 to 4294967295, found the number 9223372036854775807",
            "stage `s` (tune): each combination would be trained 4294967295 times",
            "stage `s` (tune): each combination would be trained 65536 times",
            "stage `s` (tune): it would train 1002000 times: 1002 points, 1000 times each",
        ]
    "#]].assert_debug_eq(&said);
}
