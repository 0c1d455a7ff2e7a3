//! Random numbers that are a function of seed, purpose, epoch and index.

use microtome::data::random::Random;

#[test]
fn the_same_counters_give_the_same_numbers() {
    let draw =
        |seed, purpose, epoch, index| Random::new(seed, purpose, epoch, index).below(1 << 60);
    let one = draw(7, "shuffle", 1, 2);
    assert_eq!(one, draw(7, "shuffle", 1, 2));
    for other in [
        draw(8, "shuffle", 1, 2),
        draw(7, "augment", 1, 2),
        draw(7, "shuffle", 2, 2),
        draw(7, "shuffle", 1, 3),
        draw(7, "shuffle", 2, 1),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn the_numbers_are_these_on_every_machine() {
    let mut random = Random::new(7, "golden", 1, 2);
    let whole: Vec<u64> = (0..4).map(|_| random.below(1000)).collect();
    let unit: Vec<u32> = (0..2).map(|_| random.unit().to_bits()).collect();
    let normal: Vec<u32> = (0..2).map(|_| random.normal().to_bits()).collect();
    expect_test::expect!["[919, 13, 785, 281] [3f76c0c0, 3ebee7fa] [bf4c623d, 3f21134c]"]
        .assert_eq(&format!("{whole:?} {unit:x?} {normal:x?}"));
}

#[test]
fn below_is_even_and_within() {
    let mut random = Random::new(1, "test", 0, 0);
    let mut counts = [0usize; 6];
    for _ in 0..60_000 {
        counts[random.below(6) as usize] += 1;
    }
    // Five standard deviations of a binomial count are 457.
    assert!(counts.iter().all(|count| count.abs_diff(10_000) < 457), "{counts:?}");
    assert_eq!(random.below(1), 0);
    assert_eq!(random.below(0), 0);
}

#[test]
fn unit_and_normal_have_the_moments_of_their_laws() {
    let mut random = Random::new(1, "test", 0, 1);
    let n = 100_000;
    let unit: Vec<f64> = (0..n).map(|_| f64::from(random.unit())).collect();
    assert!(unit.iter().all(|u| (0.0..1.0).contains(u)));
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
    assert!((mean(&unit) - 0.5).abs() < 0.005);
    let normal: Vec<f64> = (0..n).map(|_| f64::from(random.normal())).collect();
    let squares: Vec<f64> = normal.iter().map(|x| x * x).collect();
    assert!(mean(&normal).abs() < 0.016 && (mean(&squares) - 1.0).abs() < 0.023);
    let within = normal.iter().filter(|x| x.abs() < 1.0).count() as f64 / n as f64;
    assert!((within - 0.6827).abs() < 0.008, "{within}");
}

#[test]
fn all_orders_of_three_are_equally_likely() {
    let mut counts = std::collections::BTreeMap::new();
    for index in 0..12_000 {
        let mut items = [0, 1, 2];
        Random::new(3, "test", 0, index).shuffle(&mut items);
        *counts.entry(items).or_insert(0usize) += 1;
    }
    assert_eq!(counts.len(), 6);
    // Five standard deviations are 204.
    assert!(counts.values().all(|count| count.abs_diff(2000) < 204), "{counts:?}");
}
