//! The house rules of the crate docs, held by walking `src`.

use std::{collections::BTreeMap, fs, path::Path};

/// Every source file with its path below `src`, its tests cut off.
fn sources() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&src) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    assert!(files.len() > 80, "only {} files below src", files.len());
    files
}

/// The code of a file: neither comments nor what follows `#[cfg(test)]`.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or_default()
}

fn is_test(file: &str) -> bool {
    file.contains("tests")
}

/// Files whose code holds any of the words, outside the places where they are at home.
fn strays(words: &[&str], home: impl Fn(&str) -> bool) -> Vec<String> {
    let stray = |(file, text): &(String, String)| {
        let code = code(text);
        !home(file) && !is_test(file) && words.iter().any(|word| code.contains(word))
    };
    sources().into_iter().filter(stray).map(|(file, _)| file).collect()
}

#[test]
fn imports_run_one_way() {
    let rooms = ["cli", "stages", "engine", "nn", "data", "metrics", "report"];
    let may = |from: &str| -> &[&str] {
        match from {
            "main.rs" => &["cli", "nn"],
            "cli" => &["stages", "engine"],
            "stages" => &["engine", "nn", "data", "metrics", "report"],
            "nn" => &["data"],
            "report" => &["metrics"],
            _ => &[],
        }
    };
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let (from, code) = (room(&file), code(&text));
        for other in rooms.iter().filter(|other| **other != from && !may(from).contains(other)) {
            let named = [format!("crate::{other}"), format!("microtome::{other}")];
            let grouped = code.contains("use crate::{")
                && code.split("use crate::{").nth(1).is_some_and(|rest| {
                    let group = rest.split(";").next().unwrap_or_default();
                    group.lines().any(|line| {
                        line.starts_with(&format!("    {other}::"))
                            || line.trim() == format!("{other},")
                    })
                });
            if file != "lib.rs" && (named.iter().any(|n| code.contains(n.as_str())) || grouped) {
                wrong.push(format!("{file} names {other}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn each_library_has_one_home() {
    let none = Vec::<String>::new();
    assert_eq!(strays(&["petgraph::"], |f| f == "engine/graph.rs"), none);
    assert_eq!(strays(&["blake3::"], |f| f == "engine/digest.rs"), none);
    assert_eq!(strays(&["sha2::"], |f| f == "engine/ro_crate/sum.rs"), none);
    assert_eq!(strays(&["dfdx::", "cudarc::"], |f| room(f) == "nn"), none);
    assert_eq!(
        strays(&["clap::", "signal_hook::", "indicatif::", "annotate_snippets::"], |f| room(f)
            == "cli"),
        none
    );
    assert_eq!(strays(&["rustix::"], |f| f == "cli/mod.rs"), none);
    assert_eq!(strays(&["prost::"], |f| f.starts_with("nn/onnx/")), none);
    assert_eq!(strays(&["hf_hub::", "ureq::"], |f| f == "stages/hub.rs"), none);
    let parquet = ["parquet::file::", "parquet::column::", "parquet::basic::", "parquet::errors::"];
    assert_eq!(strays(&parquet, |f| f == "data/source/parquet/shard.rs"), none);
    assert_eq!(strays(&["maud::"], |f| room(f) == "report"), none);
    assert_eq!(strays(&["pulldown_cmark::"], |f| f == "report/notes.rs"), none);
}

#[test]
fn only_the_command_line_prints() {
    let words = ["println!", "eprintln!", "print!(", "eprint!", "dbg!", "io::stdout", "io::stderr"];
    assert_eq!(strays(&words, |f| room(f) == "cli"), Vec::<String>::new());
}

#[test]
fn unsafe_stays_in_the_kernels_and_the_map() {
    let home = |f: &str| f.starts_with("nn/kernels/") || f == "data/map.rs";
    assert_eq!(strays(&["unsafe "], home), Vec::<String>::new());
}

#[test]
fn nothing_outside_the_tests_unwraps_or_is_unfinished() {
    let words = [".unwrap()", "todo!", "unimplemented!", "FIXME", "panic!("];
    assert_eq!(strays(&words, |_| false), Vec::<String>::new());
}

#[test]
fn results_depend_on_no_clock_environment_or_global_generator() {
    // The engine measures durations for provenance, and asks the clock how fresh a file is, and when
    // a result was last used.
    let home = |f: &str| {
        ["cli/", "engine/execute/", "engine/source/", "engine/store/used.rs"]
            .iter()
            .any(|home| f.starts_with(home))
    };
    let words = ["SystemTime", "Instant::", "thread_rng", "rand::rng", "RandomState"];
    assert_eq!(strays(&words, home), Vec::<String>::new());
    let home = |f: &str| f.starts_with("cli/") || f == "nn/kernels/isa.rs";
    assert_eq!(strays(&["env::var"], home), Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!"), "{file} does not open with //!");
        assert!(text.lines().count() <= 400, "{file} has {} lines", text.lines().count());
    }
}

#[test]
fn files_of_tests_are_short_too() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in walkdir::WalkDir::new(&tests) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|e| e == "rs") {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_kind_is_documented_in_the_readme() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for kind in microtome::stages::KINDS {
        assert!(readme.contains(&format!("| `{}` |", kind.name)), "{} has no row", kind.name);
    }
}
