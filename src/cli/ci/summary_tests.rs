//! Summaries of runs that are larger or stranger than a test could have them.

use super::{Ending, MOST, escaped, summary};
use crate::{
    cli::ci::ending::{Fate, Lock, Made, StageEnding},
    engine::{Mismatch, Ways, recipe::Difference},
};
use expect_test::expect;

fn cached(name: String) -> StageEnding {
    let (key, host, when) = ("0123456789abcdef".into(), "here".into(), "now".into());
    let made = Made { key, host, when, seconds: 1.0, version: "1".into(), headline: None };
    StageEnding {
        name,
        kind: "train".into(),
        at: None,
        fate: Fate::Cached,
        made: Some(made),
        shortfalls: Vec::new(),
        mismatch: None,
    }
}

/// An ending of so many stages, the first of which failed.
fn ending(stages: usize) -> Ending {
    let mut stages: Vec<_> = (0..stages).map(|i| cached(format!("search[lr={i}]"))).collect();
    stages[0].fate = Fate::Failed { message: "it broke".into(), help: None };
    stages[0].made = None;
    Ending { pipeline: "large".into(), stages, ..Ending::default() }
}

#[test]
fn it_is_cut_by_whole_rows_and_says_so() {
    let text = summary(&ending(100_000), MOST);
    assert!(text.len() <= MOST && text.len() > MOST - 8192, "{}", text.len());
    assert!(text.contains("| search\\[lr=0\\] | it broke |  |\n"));
    let (rows, rest) = text.rsplit_once(" |\n").unwrap();
    let shown = rows.matches(" | now | here | 0123456789").count();
    assert_eq!(
        rest,
        format!("\n{} of 99999 rows are left out: a summary has its limit.\n", 99_999 - shown)
    );
}

#[test]
fn nothing_in_a_cell_is_markup() {
    expect![[
        r#"\`a\` \| &lt;b&gt;&amp;amp; \*c\* \_d\_ \[e\](f) \\\| \~\~g\~\~ \$h\$<br>\#i \!\[j\]"#
    ]]
    .assert_eq(&escaped("`a` | <b>&amp; *c* _d_ [e](f) \\| ~~g~~ $h$\n#i ![j]"));
    assert_eq!(escaped("\u{1b}[31m\r"), "\u{fffd}\\[31m\u{fffd}");
    assert_eq!(escaped(&"x".repeat(3000)).chars().count(), 2001);
}

#[test]
fn each_end_has_its_table() {
    let mut ending = ending(5);
    let names = ["cnn", "scores", "look", "rest", "point"];
    for (stage, name) in ending.stages.iter_mut().zip(names) {
        stage.name = name.into();
    }
    ending.lock = Lock::Binds;
    ending.stages[1].shortfalls = vec!["auc.lower 0.81 < 0.9".into()];
    let differences = vec![Difference {
        place: "params.epochs".into(),
        old: Some("2".into()),
        new: Some("3".into()),
    }];
    let ways = Ways::Recipe { differences, because: vec!["prep".into()] };
    ending.stages[1].mismatch = Some(Mismatch { stage: "scores".into(), ways });
    ending.gone = vec![Mismatch { stage: "old".into(), ways: Ways::Gone }];
    ending.stages[2].fate = Fate::Interrupted;
    ending.stages[3].fate = Fate::Skipped { because: "`cnn` failed".into() };
    ending.stages[4].fate = Fate::HeldBack { gate: "search[rung=1]".into() };
    expect![[r#"
        ## microtome: large

        1 failed, 1 interrupted, 1 skipped, 1 cached, 1 held back, 1 gate missed, 2 unlike the lock file in 0.0 ms

        ### Failures

        | stage | what happened | what to do |
        | --- | --- | --- |
        | cnn | it broke |  |

        ### Missed gates

        | stage | gate | result |
        | --- | --- | --- |
        | scores | auc.lower 0.81 &lt; 0.9 |  |

        ### Differences from the lock file

        | stage | what | locked | found |
        | --- | --- | --- | --- |
        | scores | params.epochs | 2 | 3 |
        | scores | because \`prep\` differs |  |  |
        | old | is locked, and not in the pipeline |  |  |

        ### What was not run

        | stage | kind | why |
        | --- | --- | --- |
        | look | train | interrupted |
        | rest | train | skipped: \`cnn\` failed |
        | point | train | held back by search\[rung=1\] |

        ### What was cached

        | stage | made | on | key |
        | --- | --- | --- | --- |
        | scores | now | here | 0123456789 |
    "#]]
    .assert_eq(&summary(&ending, MOST));
}
