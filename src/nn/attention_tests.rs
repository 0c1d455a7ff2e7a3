//! Grad-CAM against PyTorch's figures, against differences, and by hand.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::attention::{Attention, Cut, Method, grad_cam};
use super::description::Description;
use super::history::Epoch;
use super::images::{CHANNELS, Loader};
use super::kernels::isa::Isa;
use super::model::Model;
use super::network::Layers;
use super::predict::Network;
use super::presets::{Architecture, Preset, Settings};
use super::reference_tests::{RESNET20, layers_of, reference::formula};
use super::shape::Shape;
use super::tensor::Compute;

/// A network of `attention.json`.
#[derive(Deserialize)]
struct Expected {
    side: usize,
    height: usize,
    width: usize,
    maps: Vec<Vec<f64>>,
}

/// At most this part of a network's largest value.
const TOLERANCE: f64 = 1e-4;

#[test]
fn maps_are_those_of_pytorch() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nn/reference/attention.json");
    let expected: BTreeMap<String, Expected> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(expected.len(), 3);
    for (name, expected) in expected {
        let architecture = Architecture::named(&name).unwrap();
        let settings = Settings { dropout: Some(0.0), ..Settings::default() };
        let input = Shape::new(expected.side, expected.side, CHANNELS);
        let weights = (name == "resnet20").then_some(RESNET20);
        let layers = layers_of(&Preset { architecture, settings }, input, weights);
        let pixels = formula::images(0, 4, expected.side, expected.side);
        let x = Loader::new(input, None).load_bytes(&layers.cx, &pixels).unwrap();
        let cut = Cut::of(&layers.plan).unwrap();
        let ours = grad_cam(&layers, &cut, x, &[-1.0, 1.0, -1.0, 1.0]).unwrap();
        assert_eq!((ours.height, ours.width), (expected.height, expected.width), "{name}");
        let largest = expected.maps.iter().flatten().fold(0.0f64, |most, value| most.max(*value));
        for (image, (ours, expected)) in ours.maps.iter().zip(&expected.maps).enumerate() {
            for (cell, (ours, expected)) in ours.iter().zip(expected).enumerate() {
                let apart = (f64::from(*ours) - expected).abs() / largest;
                assert!(
                    apart < TOLERANCE,
                    "{name} {image} {cell}: {ours}, {expected}, {apart:.1e}"
                );
            }
        }
    }
}

/// A network of declared layers, whose parameters `values` gives by name.
fn network(layers: &str, side: usize, values: &dyn Fn(&str, &[usize]) -> Vec<f32>) -> Network {
    #[derive(Deserialize)]
    struct Declared {
        model: Model,
    }
    let model =
        toml::from_str::<Declared>(&format!("model = {{ layers = {layers} }}")).unwrap().model;
    let cx = Compute::new(Isa::chosen().unwrap());
    let input = Shape::new(side, side, CHANNELS);
    let built =
        Layers::with(cx, &model, input, |_, declared| Ok(values(&declared.name, &declared.shape)));
    let layers = built.unwrap();
    let metrics = Epoch {
        epoch: 1,
        lr: 0.0,
        train_loss: 0.0,
        train_accuracy: 0.0,
        val_loss: 0.0,
        val_accuracy: 0.0,
        val_auc: None,
    };
    let description = Description {
        architecture: model,
        input,
        normalization: None,
        threshold: 0.5,
        parameters: layers.parameter_count(),
        best_epoch: 1,
        metrics,
    };
    Network::new(layers, description)
}

/// Red is what speaks for class 1, green what speaks against it: with a logit of
/// `3 · mean(red) − mean(green)`, the map of class 1 is `(3 · red − green) / 4 pixels`, where above 0.
#[test]
fn a_map_worked_out_by_hand() {
    let values = |name: &str, shape: &[usize]| match (name, shape.len()) {
        // Filter 0 takes red, filter 1 green.
        ("0.weight", 4) => vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        (_, 2) => vec![3.0, -1.0],
        _ => vec![0.0; shape.iter().product()],
    };
    let layers =
        r#"[ { conv = { filters = 2, kernel = 1 } }, "relu", "global_avg_pool", { dense = 1 } ]"#;
    let network = network(layers, 2, &values);
    let pixels = [[255, 0, 9], [0, 255, 9], [51, 51, 9], [51, 204, 9]].concat();
    let maps = network.attention(&[&pixels[..], &pixels].concat(), &[1, 0]).unwrap();
    assert_eq!((maps.method, maps.height, maps.width), (Method::GradCam, 2, 2));
    let close = |ours: &[f32], expected: [f32; 4]| {
        ours.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a} {b}"));
    };
    close(&maps.maps[0], [0.75, 0.0, 0.1, 0.0]);
    close(&maps.maps[1], [0.0, 0.25, 0.0, 0.05]);
}

/// What stands behind the maps may hold batch norms and dropouts: they do what they do in
/// inference. The gradient by a filter's bias is the sum of those over its map.
#[test]
fn weights_of_channels_are_differences_of_the_logit() {
    let layers = r#"[ { conv = { filters = 3, kernel = 3 } }, { avg_pool = 2 }, "flatten", { dense = 5 },
        "batch_norm", "relu", { dropout = 0.5 }, { dense = 1 } ]"#;
    let (side, step) = (6, 0.02f32);
    let shifted = |filter: Option<(usize, f32)>| {
        network(layers, side, &|name, shape| {
            let mut values = formula::parameter(name, shape);
            if let (Some((filter, by)), "0.bias") = (filter, name) {
                values[filter] += by;
            }
            values
        })
    };
    let pixels = formula::images(3, 1, side, side);
    let (plain, logit) = (shifted(None), |n: &Network| n.logits(&pixels).unwrap()[0]);
    let slope = |filter: usize| {
        let [up, down] = [step, -step].map(|by| logit(&shifted(Some((filter, by)))));
        f64::from((up - down) / (2.0 * step))
    };
    let maps = plain.attention(&pixels, &[1]).unwrap();
    assert_eq!((maps.height, maps.width), (side, side));
    // The maps themselves, from the weights.
    let (weight, bias) =
        (formula::parameter("0.weight", &[3, 3, 3, 3]), formula::parameter("0.bias", &[3]));
    let at = |y: isize, x: isize, c: usize| {
        let inside = (0..side as isize).contains(&y) && (0..side as isize).contains(&x);
        let place = (y * side as isize + x) * 3;
        if inside { f64::from(pixels[place as usize + c]) / 255.0 } else { 0.0 }
    };
    let conv = |filter: usize, y: isize, x: isize| {
        let mut sum = f64::from(bias[filter]);
        for (c, dy, dx) in (0..27).map(|i| (i / 9, i / 3 % 3, i % 3)) {
            let weight = f64::from(weight[filter * 27 + c * 9 + dy * 3 + dx]);
            sum += weight * at(y + dy as isize - 1, x + dx as isize - 1, c);
        }
        sum
    };
    let alpha = [0, 1, 2].map(|filter| slope(filter) / (side * side) as f64);
    let expected = |y: usize, x: usize| {
        let sum: f64 = (0..3).map(|k| alpha[k] * conv(k, y as isize, x as isize)).sum();
        sum.max(0.0)
    };
    let largest = maps.maps[0].iter().fold(0f32, |most, value| most.max(*value));
    assert!(largest > 0.0);
    for (cell, ours) in maps.maps[0].iter().enumerate() {
        let expected = expected(cell / side, cell % side);
        let apart = (f64::from(*ours) - expected).abs() / f64::from(largest);
        assert!(apart < 1e-2, "{cell}: {ours}, {expected}");
    }
}

/// Without a convolution the image is covered cell by cell: only the one pixel that the network
/// reads matters, and only for the class that it speaks for.
#[test]
fn without_a_convolution_the_image_is_covered() {
    let side = 16;
    // PyTorch's order: channel, row, column. The green of pixel (5, 9), which lies in cell (2, 4).
    let read = side * side + 5 * side + 9;
    let values = |_: &str, shape: &[usize]| {
        let mut values = vec![0.0; shape.iter().product()];
        if shape.len() == 2 {
            values[read] = 2.0;
        }
        values
    };
    let network = network(r#"[ "flatten", { dense = 1 } ]"#, side, &values);
    let mut pixels = vec![100; side * side * 3];
    pixels[(5 * side + 9) * 3 + 1] = 202;
    let twice = [&pixels[..], &pixels].concat();
    let Attention { method, height, width, maps } = network.attention(&twice, &[1, 0]).unwrap();
    assert_eq!((method, height, width), (Method::Occlusion, 8, 8));
    for (cell, value) in maps[0].iter().enumerate() {
        let expected = if cell == 2 * 8 + 4 { 2.0 * 102.0 / 255.0 } else { 0.0 };
        assert!((value - expected).abs() < 1e-6, "{cell}: {value}");
    }
    assert!(maps[1].iter().all(|value| *value == 0.0));
}
