//! The sentences about a search are true: whatever they say, a second reading of `trials.csv` says too.

mod trials;

use std::fmt::Write;

use microtome::report::*;
use proptest::prelude::*;
use regex::Regex;
use trials::{Trials, interval};

/// Half a unit of the fourth decimal, to which sentences are rounded, and a little for arithmetic.
const ROUNDING: f64 = 5.1e-5;

fn number(text: &str) -> f64 {
    text.replace('−', "-")
        .replace('+', "")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

fn near(said: &str, found: f64, of: &str) {
    assert!((number(said) - found).abs() <= ROUNDING, "{said} was said, {found} found: {of}");
}

/// Checks all sentences about one search; gives how many claims were checked.
fn check(sentences: &[String], trials: &Trials, goal: Goal) -> usize {
    let about = Regex::new(
        r"^(?:.*\((?<inner>[\w.]+)\)|(?<plain>[\w.]+)) in \S+: (?<best>\S+) has the (?<end>highest|lowest) mean \w+, (?<mean>[\d.e-]+)\. ",
    )
    .unwrap();
    let mattered = Regex::new(
        r"^Setting that mattered most in \S+: probably (\S+), whose mean \w+ moves by (\S+) between its values; that of (\S+) moves by (\S+)\.",
    )
    .unwrap();
    let chance =
        Regex::new(r"^Chance in \S+: .* another (seed|fold), \w+ moves by (\S+) on average")
            .unwrap();
    let mut checked = 0;
    for sentence in sentences {
        if let Some(found) = about.captures(sentence) {
            let parameter = found.name("inner").or(found.name("plain")).unwrap().as_str();
            checked += effect(sentence, trials, parameter, &found["best"], &found["mean"], goal);
            assert_eq!(&found["end"] == "highest", goal == Goal::Maximize, "{sentence}");
        } else if let Some(found) = mattered.captures(sentence) {
            near(&found[2], spread(trials, &found[1]), sentence);
            near(&found[4], spread(trials, &found[3]), sentence);
            let most = trials.parameters.iter().map(|p| spread(trials, p)).fold(0.0, f64::max);
            near(&found[2], most, sentence);
            checked += 1;
        } else if let Some(found) = chance.captures(sentence) {
            near(&found[2], trials.chance(&found[1]).unwrap(), sentence);
            checked += 1;
        }
    }
    checked
}

fn spread(trials: &Trials, parameter: &str) -> f64 {
    let means = trials.means(parameter);
    let high = means.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = means.values().copied().fold(f64::INFINITY, f64::min);
    high - low
}

/// What is said of one parameter.
fn effect(
    sentence: &str,
    trials: &Trials,
    parameter: &str,
    best: &str,
    mean: &str,
    goal: Goal,
) -> usize {
    let means = trials.means(parameter);
    near(mean, means[best], sentence);
    let better = |a: f64, b: f64| if goal == Goal::Maximize { a > b } else { a < b };
    assert!(
        !means.values().any(|&other| better(other, means[best])),
        "{best} is not best: {sentence}"
    );

    let n = r"[+−]?[\d.]+(?:e-?\d+)?";
    let told = Regex::new(&format!(
        r"(\S+) by ({n}) \(95% interval ({n}) to ({n}), (\d+) pairs? alike but for this\)"
    ))
    .unwrap();
    let untold = Regex::new(&format!(
        r"(\S+) \(({n})(?:, 95% interval ({n}) to ({n}), (\d+) pairs? alike| in the only pair alike) but for this\)"
    ))
    .unwrap();
    let others = means.len() - 1;
    let lead = |other: &str| {
        let differences = trials.differences(parameter, best, other).into_iter();
        let ahead: Vec<f64> =
            differences.map(|d| if goal == Goal::Maximize { d } else { -d }).collect();
        let mean = ahead.iter().sum::<f64>() / ahead.len() as f64;
        (ahead.len(), mean, interval(&ahead, 0.05 / others as f64))
    };
    let mut named = Vec::new();
    for found in told.captures_iter(sentence) {
        let (pairs, ahead, range) = lead(&found[1]);
        let (low, high) = range.unwrap();
        near(&found[2], ahead.abs(), sentence);
        near(&found[3], low, sentence);
        near(&found[4], high, sentence);
        assert_eq!(found[5].parse(), Ok(pairs), "{sentence}");
        let before = &sentence[..found.get(0).unwrap().start()];
        let verb = ["ahead of", "behind"].map(|verb| before.rfind(verb));
        assert_eq!(verb[0] > verb[1], ahead > 0.0, "{sentence}");
        assert!(low > -ROUNDING || high < ROUNDING, "the interval holds zero: {sentence}");
        named.push(found[1].to_owned());
    }
    for found in untold.captures_iter(sentence) {
        let (pairs, ahead, range) = lead(&found[1]);
        near(&found[2], ahead, sentence);
        let before = &sentence[..found.get(0).unwrap().start()];
        assert!(before.contains("cannot be told from"), "{sentence}");
        match (found.get(3), range) {
            (Some(low), Some(range)) => {
                near(low.as_str(), range.0, sentence);
                near(&found[4], range.1, sentence);
                assert_eq!(found[5].parse(), Ok(pairs), "{sentence}");
                assert!(range.0 <= ROUNDING && range.1 >= -ROUNDING, "no zero inside: {sentence}");
            }
            (None, None) => assert_eq!(pairs, 1, "{sentence}"),
            _ => panic!("an interval too many or too few: {sentence}"),
        }
        named.push(found[1].to_owned());
    }
    let expected: Vec<String> = means.into_keys().filter(|v| v != best && lead(v).0 > 0).collect();
    named.sort();
    assert_eq!(named, expected, "each value once: {sentence}");
    named.len()
}

/// A search as the values of a report, read from the same text by the same columns.
fn section(text: &str, goal: Goal) -> SearchSection {
    let trials = Trials::read(text);
    let parameters: Vec<String> =
        trials.parameters.iter().cloned().chain(["seed".to_owned()]).collect();
    let trial = |row: &trials::Row| Trial {
        name: String::new(),
        values: parameters.iter().map(|name| row.values[name].clone()).collect(),
        outcome: match row.objective {
            Some(objective) => Outcome::Scored { objective, metrics: Vec::new() },
            None => Outcome::Failed { error: "failed".to_owned() },
        },
    };
    let trials = trials.rows.iter().map(trial).collect();
    let objective = if goal == Goal::Maximize { "val_auc" } else { "val_loss" };
    SearchSection {
        stage: "search".to_owned(),
        objective: objective.to_owned(),
        goal,
        parameters,
        trials,
        ..SearchSection::default()
    }
}

/// `trials.csv` of a grid with effects, noise and failures of its own.
fn generated(
    sizes: [usize; 4],
    effects: [f64; 4],
    noise: f64,
    failing: u32,
    mut seed: u64,
) -> String {
    let mut draw = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f64 / (1u64 << 24) as f64
    };
    let values = [["small", "large", "huge"], ["0.01", "0.001", "0.0001"], ["16", "32", "64"]];
    let mut text =
        "trial,combination,model,optimizer.adam.lr,batch_size,fold,seed,status,objective,error\n"
            .to_owned();
    let [a, b, c, seeds] = sizes;
    for combination in 0..a * b * c {
        let (i, j, k) = (combination / (b * c), combination / c % b, combination % c);
        for repeat in 0..seeds {
            let score = 0.8
                + effects[0] * i as f64
                + effects[1] * j as f64
                + effects[2] * k as f64
                + effects[3] * (i * j) as f64
                + noise * (draw() + draw() + draw() - 1.5);
            let (m, lr, batch) = (values[0][i], values[1][j], values[2][k]);
            let start = format!("search[{combination}],{combination},{m},{lr},{batch},0,{repeat}");
            match draw() * 100.0 < f64::from(failing) {
                true => writeln!(text, "{start},failed,,no memory"),
                false => writeln!(text, "{start},ok,{score},"),
            }
            .unwrap();
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn of_generated_searches(
        sizes in [1..=3usize, 1..=3, 1..=3, 1..=4],
        effects in prop::array::uniform4(-0.03..0.03),
        noise in 0.0001..0.03,
        failing in prop::sample::select(vec![0, 0, 5, 30]),
        seed in any::<u64>(),
        goal in prop::sample::select(vec![Goal::Maximize, Goal::Minimize]),
    ) {
        let text = generated(sizes, effects, noise, failing, seed);
        let report = Report { searches: vec![section(&text, goal)], ..Report::default() };
        check(&helped(&report), &Trials::read(&text), goal);
    }
}

#[test]
fn the_checker_reads_the_sentences_and_sees_a_lie() {
    let text = generated([2, 3, 2, 3], [0.02, -0.01, 0.0, 0.0], 0.002, 0, 7);
    let report = Report { searches: vec![section(&text, Goal::Maximize)], ..Report::default() };
    let sentences = helped(&report);
    // One of two, two of three and one of two other values; what mattered most; chance.
    assert_eq!(check(&sentences, &Trials::read(&text), Goal::Maximize), 6);
    for (word, lie) in [
        ("ahead of", "behind"),
        ("It is ahead of", "It cannot be told from"),
        (" by 0.0", " by 0.1"),
    ] {
        let lies: Vec<String> = sentences.iter().map(|s| s.replace(word, lie)).collect();
        let caught =
            std::panic::catch_unwind(|| check(&lies, &Trials::read(&text), Goal::Maximize));
        assert!(caught.is_err(), "{lie:?} for {word:?} went unnoticed");
    }
}

/// The page of a pipeline that was run: `MICROTOME_OUT` is its folder below `out/`, with the stages
/// `search` and `report`.
#[test]
#[ignore = "needs the results of a search"]
fn of_a_search_that_was_run() {
    let out =
        std::path::PathBuf::from(std::env::var("MICROTOME_OUT").expect("MICROTOME_OUT is set"));
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let page = read("report/index.html");
    let section = page.split("<section id=\"helped\"").nth(1).unwrap();
    let section = section.split("</section>").next().unwrap();
    let tags = Regex::new("<[^>]*>").unwrap();
    let sentences: Vec<String> =
        section.split("<li>").skip(1).map(|item| tags.replace_all(item, "").into_owned()).collect();
    let checked = check(&sentences, &Trials::read(&read("search/trials.csv")), Goal::Maximize);
    println!("{checked} claims of {} sentences hold", sentences.len());
    assert!(checked >= 3, "only {checked} claims were found in {sentences:#?}");
}
