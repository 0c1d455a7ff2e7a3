//! Synthetic tissue must not be told apart by its colours: logistic regression on the mean and
//! spread of the channels, trained on some slides, stays under an AUC of 0.75 on others.

use microtome::data::Dataset;

use crate::common::ingest;

/// Mean and standard deviation of each channel of a patch.
fn features(data: &Dataset, i: usize) -> [f64; 6] {
    let image = data.image(i);
    let n = (image.len() / 3) as f64;
    let mut features = [0.0; 6];
    for channel in 0..3 {
        let bytes = || image.iter().skip(channel).step_by(3).map(|&byte| f64::from(byte) / 255.0);
        let mean = bytes().sum::<f64>() / n;
        features[channel] = mean;
        features[3 + channel] = (bytes().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    }
    features
}

/// Weights of a logistic regression, the last being the intercept, by gradient descent.
fn fit(rows: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let mut weights = vec![0.0; rows[0].0.len() + 1];
    for _ in 0..2000 {
        let mut gradient = vec![0.0; weights.len()];
        for (x, label) in rows {
            let error = 1.0 / (1.0 + (-score(&weights, x)).exp()) - label;
            x.iter().chain([&1.0]).zip(&mut gradient).for_each(|(x, g)| *g += error * x);
        }
        let step = 0.5 / rows.len() as f64;
        weights.iter_mut().zip(&gradient).for_each(|(w, g)| *w -= step * g);
    }
    weights
}

fn score(weights: &[f64], x: &[f64]) -> f64 {
    x.iter().chain([&1.0]).zip(weights).map(|(x, w)| x * w).sum()
}

/// The share of pairs of a positive and a negative that are in the right order.
fn auc(scores: &[(f64, f64)]) -> f64 {
    let of = |label: f64| scores.iter().filter(move |(_, l)| *l == label).map(|(score, _)| score);
    let right: usize = of(1.0).map(|p| of(0.0).filter(|n| p > n).count()).sum();
    right as f64 / (of(1.0).count() * of(0.0).count()) as f64
}

fn auc_of_linear_model(data: &Dataset, features: &dyn Fn(usize) -> Vec<f64>) -> f64 {
    let mut all: Vec<Vec<f64>> = (0..data.len()).map(features).collect();
    for feature in 0..all[0].len() {
        let n = all.len() as f64;
        let mean = all.iter().map(|x| x[feature]).sum::<f64>() / n;
        let sd = (all.iter().map(|x| (x[feature] - mean).powi(2)).sum::<f64>() / n).sqrt();
        all.iter_mut().for_each(|x| x[feature] = (x[feature] - mean) / sd);
    }
    let labelled = |i: usize| (all[i].clone(), f64::from(data.label(i).unwrap()));
    // Slides take turns, so every fourth slide is every fourth image: none is in both parts.
    let (train, test): (Vec<usize>, Vec<usize>) = (0..data.len()).partition(|i| i % 4 != 0);
    let weights = fit(&train.into_iter().map(labelled).collect::<Vec<_>>());
    let scored = |i: usize| (score(&weights, &all[i]), f64::from(data.label(i).unwrap()));
    auc(&test.into_iter().map(scored).collect::<Vec<_>>())
}

#[test]
fn colours_do_not_give_the_class_away() {
    let (_out, data) = ingest("source.synthetic = { count = 2000, slides = 40 }");
    let means = auc_of_linear_model(&data, &|i| features(&data, i)[..3].to_vec());
    let spreads = auc_of_linear_model(&data, &|i| features(&data, i).to_vec());
    println!("linear baseline: AUC {means:.3} on means, {spreads:.3} on means and spreads");
    assert!(means < 0.75 && spreads < 0.75, "{means} {spreads}");
    // A model that is no better than chance in reverse would be a broken test.
    assert!(means > 0.4 && spreads > 0.4, "{means} {spreads}");
}

#[test]
fn the_baseline_would_notice_colours_that_do() {
    let (_out, data) = ingest("source.synthetic = { count = 400, size = 24, slides = 8 }");
    let cheat = |i: usize| {
        let shift = f64::from(data.label(i).unwrap()) * 0.1;
        features(&data, i)[..3].iter().map(|x| x + shift).collect()
    };
    assert!(auc_of_linear_model(&data, &cheat) > 0.75);
}
