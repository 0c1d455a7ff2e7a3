//! The bootstrap by group: its resamples, its intervals, its determinism, and its speed.

use microtome::{data::random::Random, metrics::*};
use proptest::prelude::*;
use serde_json::Value;

use crate::labelled;

/// The random numbers of each resample.
fn stream(seed: u64) -> impl Fn(u64) -> Box<dyn FnMut(u64) -> u64> + Sync {
    move |resample| {
        let mut random = Random::new(seed, "test", 0, resample);
        Box::new(move |n| random.below(n))
    }
}

proptest! {
    #[test]
    fn a_resample_scores_as_its_images_written_out((labels, probabilities) in labelled(), seed in 0_u64..99) {
        let names: Vec<String> = (0..labels.len()).map(|i| format!("slide {}", i % 7)).collect();
        let groups = Groups::named(&names);
        let weights = groups.resampled(&mut stream(seed)(0));
        prop_assert_eq!(weights.iter().sum::<u32>() as usize, groups.count());
        let (mut resampled_labels, mut resampled) = (vec![], vec![]);
        for (i, &group) in groups.of_image().iter().enumerate() {
            for _ in 0..weights[group as usize] {
                resampled_labels.push(labels[i]);
                resampled.push(probabilities[i]);
            }
        }
        let quick = Ranking::new(&labels, &probabilities, &groups, 0.4).unwrap().scores(&weights);
        let slow = Scores::of(&resampled_labels, &resampled, 0.4).unwrap();
        prop_assert_eq!(quick.confusion, slow.confusion);
        prop_assert_eq!(quick.auc, slow.auc);
        for metric in Metric::ALL {
            let (a, b) = (quick.get(metric), slow.get(metric));
            prop_assert!(a.is_some() == b.is_some(), "{:?}: {:?} {:?}", metric, a, b);
            prop_assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-12, "{:?}", metric);
        }
    }

    #[test]
    fn nothing_is_ever_nan((labels, probabilities) in labelled(), cut in 0.0_f32..1.2) {
        let each = Groups::each(labels.len());
        let ranking = Ranking::new(&labels, &probabilities, &each, cut).unwrap();
        for weights in [vec![0; labels.len()], each.resampled(&mut stream(1)(2)), vec![1]] {
            let scores = ranking.scores(&weights);
            let figures: Vec<f64> = Metric::ALL.into_iter().filter_map(|m| scores.get(m)).collect();
            prop_assert!(figures.iter().all(|f| f.is_finite()), "{:?}", scores);
        }
    }
}

/// The same bootstrap by numpy, drawn image by image.
fn reference() -> (Vec<u8>, [Vec<f32>; 2], Groups, Value) {
    let figures: Value = serde_json::from_str(include_str!("reference/figures.json")).unwrap();
    let figures = figures["bootstrap"].clone();
    let numbers = |name: &str| -> Vec<f64> {
        figures[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let labels = numbers("labels").into_iter().map(|v| v as u8).collect();
    let model = |name| numbers(name).into_iter().map(|v| v as f32).collect();
    let names: Vec<String> = numbers("groups").iter().map(ToString::to_string).collect();
    (labels, [model("first"), model("second")], Groups::named(&names), figures)
}

#[test]
fn intervals_by_group_are_numpys_within_their_monte_carlo_error() {
    let (labels, models, groups, figures) = reference();
    let resamples = 20_000_u32;
    let rankings = models.map(|p| Ranking::new(&labels, &p, &groups, 0.5).unwrap());
    let drawn = bootstrap(&rankings, &groups, resamples, stream(11));
    let of = |metric| drawn[0].iter().map(|s| s.get(metric)).collect::<Vec<_>>();
    let values = [
        ("auc", of(Metric::Auc)),
        ("brier", of(Metric::Brier)),
        ("difference", differences(&drawn[0], &drawn[1], Metric::Auc)),
    ];
    for (name, values) in values {
        let theirs = &figures["figures"][name];
        let sd = theirs["sd"].as_f64().unwrap();
        // The error of a 2.5% quantile of normal draws is √(0.025·0.975/n) / φ(1.96) of them, and
        // both sides have it.
        let error = sd * (0.025_f64 * 0.975 / f64::from(resamples)).sqrt() / 0.0584 * 2_f64.sqrt();
        let ours = percentile_interval(&values, 0.95).unwrap();
        let ends = [ours.lower, ours.upper];
        for (ours, theirs) in ends.iter().zip(theirs["interval"].as_array().unwrap()) {
            let theirs = theirs.as_f64().unwrap();
            assert!((ours - theirs).abs() < 4.0 * error, "{name}: {ours} {theirs} ± {error}");
        }
    }
}

#[test]
fn threads_change_nothing_and_seeds_do() {
    let (labels, models, groups, _) = reference();
    let ranking = [Ranking::new(&labels, &models[0], &groups, 0.5).unwrap()];
    let with = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bootstrap(&ranking, &groups, 100, stream(seed)))
    };
    assert_eq!(with(1, 5), with(3, 5));
    assert_ne!(with(1, 5), with(1, 6));
}

#[test]
fn groups_make_intervals_wider_than_images_do() {
    // 40 patients of 10 images each, all alike: 400 images tell what 40 do.
    let patient = |i: usize| i / 10;
    let labels: Vec<u8> = (0..400).map(|i| u8::from(patient(i) % 2 == 0)).collect();
    let probabilities: Vec<f32> = (0..400).map(|i| (patient(i) * 7 % 40) as f32 / 40.0).collect();
    let names: Vec<String> = (0..400).map(|i| patient(i).to_string()).collect();
    let width = |groups: &Groups| {
        let ranking = [Ranking::new(&labels, &probabilities, groups, 0.5).unwrap()];
        let drawn = bootstrap(&ranking, groups, 2000, stream(1));
        let accuracies: Vec<_> = drawn[0].iter().map(|s| s.accuracy).collect();
        let interval = percentile_interval(&accuracies, 0.95).unwrap();
        interval.upper - interval.lower
    };
    let ratio = width(&Groups::named(&names)) / width(&Groups::each(400));
    assert!((ratio - 10_f64.sqrt()).abs() < 0.3, "{ratio}");
}

#[test]
fn what_most_resamples_leave_undefined_has_no_interval() {
    assert_eq!(percentile_interval(&[], 0.95), None);
    assert_eq!(percentile_interval(&[None, None, Some(1.0)], 0.95), None);
    let half = percentile_interval(&[None, Some(0.25)], 0.9);
    assert_eq!(half, Some(Interval { lower: 0.25, upper: 0.25 }));
    assert_eq!(two_sided(&[None, None, Some(1.0)]), None);
}

#[test]
fn a_resampled_p_value_counts_one_resample_more() {
    let all_above = vec![Some(0.1); 99];
    assert_eq!(two_sided(&all_above), Some(0.02)); // 2·1/100
    let one_below = [vec![Some(-0.1)], vec![Some(0.1); 98]].concat();
    assert_eq!(two_sided(&one_below), Some(0.04)); // 2·2/100
    assert_eq!(two_sided(&[Some(0.0); 5]), Some(1.0));
}

/// Run it by name with `--ignored --nocapture`: 2000 resamples, each image a group of its own.
#[test]
#[ignore = "a measurement"]
fn two_thousand_resamples_take_a_second() {
    for images in [730_usize, 33_000] {
        let mut random = Random::new(1, "speed", 0, 0);
        let labels: Vec<u8> = (0..images).map(|_| random.below(2) as u8).collect();
        let draw = |l: &u8| (f32::from(*l) + 2.0 * random.unit()) / 3.0;
        let probabilities: Vec<f32> = labels.iter().map(draw).collect();
        let groups = Groups::each(images);
        let clock = std::time::Instant::now();
        let ranking = [Ranking::new(&labels, &probabilities, &groups, 0.5).unwrap()];
        let drawn = bootstrap(&ranking, &groups, 2000, stream(1));
        let seconds = clock.elapsed().as_secs_f64();
        println!("{images} images, {} resamples, 13 metrics: {seconds:.3} s", drawn[0].len());
        assert!(seconds < 20.0, "{seconds} s");
    }
}
