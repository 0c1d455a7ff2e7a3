//! What GitHub Actions gets to see of a run: annotations, groups, the step summary.

use crate::{
    ci::{SMALL, constant, on_github},
    world::World,
};
use expect_test::expect;
use std::fs;

/// A world whose only image cannot be read, and has a name that means harm.
pub fn hostile() -> World {
    let world = World::with(
        "pipeline.name = \"bad\"\n\
         stage.patches = { kind = \"ingest\", source = { folder = { dir = \"images\" } } }\n\
         stage.eda = { kind = \"eda\", data = \"patches\" }\n",
    );
    world.write("images/0/a\n::error::x|<b>`%\u{1b}##[warning]y.png", "no image");
    world
}

#[test]
fn a_run_is_a_group_and_a_notice() {
    let world = World::with(SMALL);
    let done = on_github(&world, "run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    expect!["::notice title=microtome small::3 ran in TIME\n"].assert_eq(&constant(&done.out));
    let lines: Vec<_> = done.err.lines().collect();
    let end = lines.iter().position(|line| *line == "::endgroup::").unwrap();
    assert_eq!(lines[0], "::group::microtome run pipeline.toml");
    assert!(lines[1].starts_with("patches: runs") && lines[end + 1].starts_with("stage "));
    expect![[r#"
        ## microtome: small

        3 ran in TIME

        ### Results

        | stage | kind | result |
        | --- | --- | --- |
        | patches | ingest | 24 images 16×16 |
        | prep | preprocess | 24 images 16×16 |
        | again | preprocess | 24 images 8×8 |

        ### What ran

        | stage | took | why |
        | --- | --- | --- |
        | patches | TIME | it never finished here before |
        | prep | TIME | it never finished here before |
        | again | TIME | it never finished here before |
    "#]]
    .assert_eq(&constant(&world.read("summary.md")));
}

#[test]
fn the_summary_of_a_second_run_says_what_was_cached_and_what_changed() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml");
    on_github(&world, "run pipeline.toml --set stage.again.size=6");
    expect![[r#"
        ## microtome: small

        1 ran, 2 cached in TIME

        ### Changes to the lock file

        | stage | what | locked | found |
        | --- | --- | --- | --- |
        | again | params.size | 8 | 6 |

        ### Results

        | stage | kind | result |
        | --- | --- | --- |
        | patches | ingest | 24 images 16×16 |
        | prep | preprocess | 24 images 16×16 |
        | again | preprocess | 24 images 6×6 |

        ### What ran

        | stage | took | why |
        | --- | --- | --- |
        | again | TIME | params.size: 8 → 6 |

        ### What was cached

        | stage | made | on | key |
        | --- | --- | --- | --- |
        | patches | WHEN | HOST | DIGEST |
        | prep | WHEN | HOST | DIGEST |
    "#]]
    .assert_eq(&constant(&world.read("summary.md")));
}

#[test]
fn what_differs_from_the_lock_file_is_shown_where_the_stage_stands() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml");
    let done = on_github(&world, "run pipeline.toml --locked --set stage.prep.seed=3");
    assert_eq!(done.code, Some(4));
    expect![[r#"
        ::error file=pipeline.toml,line=8,col=8,title=`prep` differs from the lock file::params.seed: 0 → 3
        ::error file=pipeline.toml,line=13,col=8,title=`again` differs from the lock file::because `prep` differs
        ::notice title=microtome small::2 ran, 1 cached, 2 unlike the lock file in TIME
    "#]]
    .assert_eq(&constant(&done.out));
    let summary = world.read("summary.md");
    let (_, table) = summary.split_once("### Differences from the lock file\n").unwrap();
    let (table, _) = table.split_once("\n###").unwrap();
    expect![[r#"

        | stage | what | locked | found |
        | --- | --- | --- | --- |
        | prep | params.seed | 0 | 3 |
        | again | because \`prep\` differs |  |  |
    "#]]
    .assert_eq(table);
}

#[test]
fn a_name_that_means_harm_does_none() {
    let world = hostile();
    let done = on_github(&world, "run pipeline.toml");
    assert_eq!(done.code, Some(1), "{}", done.err);
    expect![[r#"
        ::error file=pipeline.toml,line=2,col=7,title=`patches` failed::1 of 1 images cannot be used:%0A  0/a%0A::error::x|<b>`%25##[warning]y.png: the file is no TIFF, PNG, JPEG, BMP or WebP image%0Arepair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv
        ::warning file=pipeline.toml,line=3,col=7,title=`eda` was skipped::`patches` failed
        ::notice title=microtome bad::1 failed, 1 skipped in TIME
    "#]]
    .assert_eq(&constant(&done.out));
    let commands: Vec<_> = done.err.lines().filter(|l| l.trim_start().starts_with("::")).collect();
    assert_eq!(commands, ["::group::microtome run pipeline.toml", "::endgroup::"]);
    assert!(!done.err.contains("##["), "{}", done.err);
    let summary = world.read("summary.md");
    expect![[r###"
        ## microtome: bad

        1 failed, 1 skipped in TIME

        ### Failures

        | stage | what happened | what to do |
        | --- | --- | --- |
        | patches | 1 of 1 images cannot be used:<br>  0/a<br>::error::x\|&lt;b&gt;\`%�\#\#\[warning\]y.png: the file is no TIFF, PNG, JPEG, BMP or WebP image<br>repair or remove them, or set \`on\_bad\_image = "exclude"\` to leave them out and list them in rejected.csv |  |

        ### What was not run

        | stage | kind | why |
        | --- | --- | --- |
        | eda | eda | skipped: \`patches\` failed |
    "###]]
    .assert_eq(&constant(&summary));
    // Every row has the cells of its header, and none of them any markup of its own.
    let (mut cells, mut rows) = (Vec::new(), 0);
    let parser = pulldown_cmark::Parser::new_ext(&summary, pulldown_cmark::Options::ENABLE_TABLES);
    for event in parser {
        use pulldown_cmark::{Event, Tag, TagEnd};
        match event {
            Event::Start(Tag::TableCell) => cells.push(String::new()),
            Event::Text(text) => cells.last_mut().into_iter().for_each(|cell| *cell += &text),
            Event::InlineHtml(html) => assert_eq!(&*html, "<br>"),
            Event::Html(html) => panic!("{html}"),
            Event::Start(tag @ (Tag::Link { .. } | Tag::Emphasis | Tag::Strong)) => {
                panic!("{tag:?}")
            }
            Event::End(TagEnd::TableRow) => rows += 1,
            _ => {}
        }
    }
    assert!(rows > 0 && cells.iter().any(|cell| cell.contains("::error::x|<b>`%")), "{cells:?}");
}

#[test]
fn problems_of_a_rejected_file_are_shown_where_they_stand() {
    let world = World::with(
        &SMALL
            .replace("size = 8", "size = \"8\"")
            .replace("kind = \"ingest\"", "kind = \"injest\""),
    );
    let done = on_github(&world, "run pipeline.toml");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        ::error file=pipeline.toml,line=5,col=8,title=microtome ran nothing::stage `patches` has an unknown kind%0Adid you mean `ingest`?
        ::error file=pipeline.toml,line=16,col=8,title=microtome ran nothing::stage `again` (preprocess): expected a whole number, 0 or more, found the string "8"
    "#]]
    .assert_eq(&done.out);
}

#[test]
fn files_are_named_from_the_workspace() {
    let world = World::new();
    world.write("work/sub/pipeline.toml", "stage.a = 1\n");
    let mut command = world.command("run pipeline.toml --ci github");
    command.current_dir(world.path("work/sub")).env("GITHUB_WORKSPACE", world.path("work"));
    let done = crate::world::done(command.output().unwrap());
    assert!(done.out.starts_with("::error file=sub/pipeline.toml,line=1,col="), "{}", done.out);
}

#[test]
fn events_keep_stdout_for_themselves_and_none_turns_all_off() {
    let world = World::with(SMALL);
    let json = on_github(&world, "run pipeline.toml --json");
    assert!(json.out.lines().all(|line| line.starts_with('{')), "{}", json.out);
    assert!(json.err.contains("::notice title=microtome small::3 ran in "), "{}", json.err);
    fs::remove_file(world.path("summary.md")).unwrap();
    let none = on_github(&world, "run pipeline.toml --ci none");
    assert_eq!((none.out.as_str(), none.err.contains("::")), ("", false));
    assert!(!world.path("summary.md").exists());
}

#[test]
fn a_summary_takes_what_is_left_of_its_mebibyte() {
    let world = World::with(SMALL);
    let there = (1 << 20) - 4300;
    world.write("summary.md", "x".repeat(there));
    let done = on_github(&world, "run pipeline.toml");
    assert_eq!(done.code, Some(0));
    let summary = world.read("summary.md");
    assert!(summary.len() <= 1 << 20);
    let added = &summary[there..];
    assert!(added.contains(" rows are left out: a summary has its limit.\n"), "{added}");
    world.write("summary.md", "x".repeat(1 << 20));
    let full = on_github(&world, "run pipeline.toml");
    assert_eq!(full.code, Some(0));
    assert!(full.err.contains("summary.md: the step's summary is full"), "{}", full.err);
}
