//! Predictors: one network or several, in one view or in eight.

use std::ops::ControlFlow;

use microtome::data::{Dataset, Split, Symmetry};
use microtome::nn::{Network, NnError, Predictor, Tta};

use crate::fixture::{SIDE, every_layer, fit, patches, sized, training};

fn go_on(_: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn network(data: &Dataset, seed: u64) -> Network {
    let mut training = every_layer();
    training.seed = seed;
    fit(&training, data).unwrap().network
}

/// A quarter turn counter-clockwise: what was at (y, x) lies at (side − 1 − x, y).
fn turned(image: &[u8], side: usize) -> Vec<u8> {
    let mut out = vec![0; image.len()];
    for (at, pixel) in image.chunks_exact(3).enumerate() {
        let (y, x) = (at / side, at % side);
        out[((side - 1 - x) * side + y) * 3..][..3].copy_from_slice(pixel);
    }
    out
}

fn mirrored(image: &[u8], side: usize) -> Vec<u8> {
    let mut out = vec![0; image.len()];
    for (at, pixel) in image.chunks_exact(3).enumerate() {
        let (y, x) = (at / side, at % side);
        out[(y * side + side - 1 - x) * 3..][..3].copy_from_slice(pixel);
    }
    out
}

#[test]
fn eight_views_are_the_mean_of_eight_turns() {
    let (_folder, data) = patches(28, 20);
    let network = network(&data, 4);
    let rows = data.indices(Split::Valid);
    let mut expected = Vec::new();
    for &row in &rows {
        let mut view = data.image(row).to_vec();
        let mut sum = 0.0;
        for _ in 0..4 {
            sum += f64::from(network.probabilities(&view).unwrap()[0]);
            sum += f64::from(network.probabilities(&mirrored(&view, SIDE)).unwrap()[0]);
            view = turned(&view, SIDE);
        }
        expected.push(sum / 8.0);
    }
    let plain = network.predict(&data, &rows, 7, &mut go_on).unwrap();
    let predictor = Predictor::of("cnn", network);
    let ours = predictor.predict(&data, &rows, 7, Tta::Dihedral, &mut go_on).unwrap();
    for (ours, expected) in ours.iter().zip(&expected) {
        assert!((f64::from(*ours) - expected).abs() < 1e-7, "{ours} {expected}");
    }
    assert_ne!(ours, plain);
    // Of one view it is the network itself, and batches do not matter.
    let none = predictor.predict(&data, &rows, 3, Tta::None, &mut go_on).unwrap();
    assert_eq!(none, plain);
    assert_eq!(predictor.predict(&data, &rows, 20, Tta::Dihedral, &mut go_on).unwrap(), ours);
}

#[test]
fn a_turned_image_has_the_same_mean() {
    let (_folder, data) = patches(28, 20);
    let predictor = Predictor::of("cnn", network(&data, 4));
    let of = |image: &[u8]| predictor.probabilities(image, Tta::Dihedral).unwrap()[0];
    let image = data.image(30);
    for view in Symmetry::ALL {
        let seen = view.of(image, SIDE, SIDE);
        assert!((of(&seen) - of(image)).abs() < 1e-6, "{view}");
    }
}

#[test]
fn an_image_that_is_not_square_has_four_views() {
    assert_eq!(Tta::Dihedral.views(5, 5).len(), 8);
    let views = Tta::Dihedral.views(4, 6);
    assert_eq!(views.len(), 4);
    assert!(views.iter().all(|view| view.turns == 0 || view.turns == 2));
    assert_eq!(Tta::None.views(5, 5), [Symmetry::IDENTITY]);
}

#[test]
fn several_networks_are_their_mean_and_take_one_size() {
    let (_folder, data) = patches(28, 20);
    let rows = data.indices(Split::Valid);
    let each: Vec<Vec<f32>> = [1, 2, 3]
        .map(|seed| network(&data, seed).predict(&data, &rows, 8, &mut go_on).unwrap())
        .into();
    let members = [1, 2, 3].map(|seed| (format!("s{seed}"), network(&data, seed)));
    let ensemble = Predictor::mean_of(members.into()).unwrap();
    let ours = ensemble.predict(&data, &rows, 8, Tta::None, &mut go_on).unwrap();
    for (i, ours) in ours.iter().enumerate() {
        let sum: f64 = each.iter().map(|member| f64::from(member[i])).sum();
        assert_eq!(*ours, (sum / 3.0) as f32);
    }

    let (_other, larger) = sized(16, 28, 20);
    let small = training("model = { layers = [\"global_avg_pool\", { dense = 1 }] }\nepochs = 1");
    let other = fit(&small, &larger).unwrap().network;
    let members = vec![("one".into(), network(&data, 1)), ("two".into(), other)];
    let refused = Predictor::mean_of(members).err().unwrap();
    assert!(matches!(refused, NnError::Members { .. }));
    assert_eq!(
        refused.to_string(),
        "these networks have no mean: `one` takes images of 12×12 pixels, and `two` of 16×16"
    );
    assert!(Predictor::mean_of(Vec::new()).is_err());
}
