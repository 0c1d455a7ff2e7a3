//! Gradients of every layer against finite differences of an independent network in f64.
//!
//! The reference is [`reference`]: plain loops in PyTorch's layouts. Its central differences are
//! good to about 1e-8, so what is left is our f32 rounding: 2e-4 of the largest gradient of each
//! parameter, 2e-5 of the loss.

mod reference;

use dfdx::tensor::{AsArray, PutTape};
use dfdx::tensor_ops::Backward;

use super::kernels::isa::Isa;
use super::loss::Loss;
use super::model::Model;
use super::network::{Layers, Moment};
use super::ops::loss::{CrossEntropy, mean_cross_entropy};
use super::shape::Shape;
use super::tensor::{Activation, Compute, Tape, take};
use crate::data::random::Random;
use reference::Reference;

const MOMENT: Moment = Moment { seed: 3, epoch: 1, step: 2 };

/// Images `(n, c, h, w)` in f64, and the same as our first activation.
fn images(cx: &Compute, n: usize, input: Shape) -> (Vec<f64>, Activation) {
    let mut random = Random::new(11, "test images", 0, 0);
    let plain: Vec<f32> = (0..n * input.len()).map(|_| random.normal()).collect();
    let mut values = cx.buffers.take(plain.len());
    let pixels = input.height * input.width;
    for (i, value) in plain.iter().enumerate() {
        let (image, channel, pixel) = (i / input.len(), i / pixels % input.channels, i % pixels);
        values[(pixel * n + image) * input.channels + channel] = *value;
    }
    let x = Activation::new(cx, values, n, input).unwrap();
    (plain.into_iter().map(f64::from).collect(), x)
}

/// Loss and gradients of a model on three images, ours against the reference.
fn check(layers: &str, input: Shape) {
    let model: Model = toml::from_str(&format!("layers = {layers}")).unwrap();
    let cx = Compute::new(Isa::chosen().unwrap());
    let mut network = Layers::new(cx.clone(), &model, input, 7).unwrap();
    for (i, parameter) in network.parameters.iter_mut().enumerate() {
        // Away from the first values, which leave batch norm's scale at 1 and its shift at 0.
        let mut random = Random::new(5, "test weights", 0, i as u64);
        let values: Vec<f32> =
            parameter.values().iter().map(|v| v + 0.3 * random.normal()).collect();
        parameter.set(&values);
    }
    let labels = [1u8, 0, 1];
    let (plain, x) = images(&cx, labels.len(), input);
    let weights: Vec<Vec<f64>> = network
        .parameters
        .iter()
        .map(|p| p.layout.to_torch(&p.values()).into_iter().map(f64::from).collect())
        .collect();
    let reference =
        Reference { model: &model, input, labels: &labels, moment: MOMENT, isa: cx.isa };

    let mut tape = Tape::default();
    let logits = network.train(&mut tape, x, MOMENT).unwrap();
    let entropy = CrossEntropy::of(&Loss::default(), &labels);
    let loss = mean_cross_entropy(&mut tape, &cx, entropy, &logits, &labels).unwrap();
    let value = f64::from(loss.array());
    let expected = reference.loss(&plain, &weights);
    assert!(
        (value - expected).abs() <= 2e-5 * expected.max(1.0),
        "loss {value}, expected {expected}"
    );

    let mut gradients = loss.put_tape(tape).try_backward().unwrap();
    for (i, parameter) in network.parameters.iter().enumerate() {
        let ours = take(&cx, &mut gradients, &parameter.tag).unwrap();
        let ours = parameter.layout.to_torch(&ours);
        // Of large parameters some 100 elements, spread by a step that no size is a multiple of.
        let sample = (0..ours.len()).step_by((ours.len() / 101).max(1));
        let expected: Vec<(usize, f64)> =
            sample.map(|j| (j, reference.slope(&plain, &weights, i, j))).collect();
        let largest = expected.iter().fold(1e-3f64, |largest, (_, g)| largest.max(g.abs()));
        for (j, expected) in expected {
            let ours = f64::from(ours[j]);
            assert!(
                (ours - expected).abs() <= 2e-4 * largest,
                "{} [{j}]: {ours}, expected {expected} (largest {largest})",
                parameter.name
            );
        }
    }
}

#[test]
fn convolution() {
    check(r#"[{ conv = 4 }, { conv = 3 }, "flatten", { dense = 1 }]"#, Shape::new(5, 6, 3));
}

#[test]
fn convolution_with_stride_and_padding() {
    check(
        r#"[{ conv = { filters = 5, kernel = 5, stride = 2, padding = 1 } },
            { conv = { filters = 3, kernel = 3, stride = 2 } }, "flatten", { dense = 1 }]"#,
        Shape::new(11, 9, 3),
    );
}

#[test]
fn convolution_without_padding_or_bias_stride_wider_than_kernel() {
    check(
        r#"[{ conv = { filters = 4, kernel = 3, padding = 0, bias = false } },
            { conv = { filters = 2, kernel = 1, stride = 3, padding = 0, bias = false } }, "flatten", { dense = 1 }]"#,
        Shape::new(9, 8, 1),
    );
}

#[test]
fn convolution_of_even_size_with_padding_wider_than_the_kernel() {
    check(
        r#"[{ conv = { filters = 3, kernel = 2 } }, { conv = { filters = 2, kernel = 2, padding = 3 } },
            "flatten", { dense = 1 }]"#,
        Shape::new(4, 3, 2),
    );
}

#[test]
fn channels_beyond_one_block_of_32() {
    check(
        r#"[{ conv = 35 }, "relu", { conv = 33 }, "global_avg_pool", { dense = 1 }]"#,
        Shape::new(3, 3, 2),
    );
}

#[test]
fn relu_after_each_kind_of_layer() {
    check(
        r#"[{ conv = 4 }, "relu", { conv = { filters = 4, bias = false } }, "relu", { max_pool = 2 }, "relu",
            "flatten", { dense = 6 }, "relu", { dense = 1 }]"#,
        Shape::new(6, 6, 3),
    );
}

#[test]
fn batch_norm() {
    check(
        r#"[{ conv = { filters = 5, bias = false } }, "batch_norm", { conv = 3 }, "batch_norm", "relu",
            "flatten", { dense = 1 }]"#,
        Shape::new(5, 4, 3),
    );
}

#[test]
fn batch_norm_of_a_vector() {
    check(
        r#"[{ conv = 2 }, "flatten", "batch_norm", { dense = 4 }, "batch_norm", "relu", { dense = 1 }]"#,
        Shape::new(3, 2, 3),
    );
}

#[test]
fn max_pool() {
    check(r#"[{ conv = 3 }, { max_pool = 2 }, "flatten", { dense = 1 }]"#, Shape::new(7, 6, 3));
}

#[test]
fn max_pool_with_overlap_and_padding() {
    check(
        r#"[{ conv = 5 }, { max_pool = { size = 3, stride = 2, padding = 1 } }, "flatten", { dense = 1 }]"#,
        Shape::new(7, 8, 3),
    );
}

#[test]
fn avg_pool() {
    check(r#"[{ conv = 3 }, { avg_pool = 2 }, "flatten", { dense = 1 }]"#, Shape::new(7, 6, 3));
}

#[test]
fn avg_pool_with_overlap_and_padding() {
    check(
        r#"[{ conv = 5 }, { avg_pool = { size = 3, stride = 2, padding = 1 } }, "flatten", { dense = 1 }]"#,
        Shape::new(7, 8, 3),
    );
}

#[test]
fn global_avg_pool() {
    check(r#"[{ conv = 7 }, "relu", "global_avg_pool", { dense = 1 }]"#, Shape::new(5, 3, 3));
}

#[test]
fn adaptive_avg_pool_to_fewer_and_to_more_pixels() {
    check(
        r#"[{ conv = 3 }, { adaptive_avg_pool = 3 }, { conv = 2 }, { adaptive_avg_pool = 5 }, "flatten", { dense = 1 }]"#,
        Shape::new(7, 4, 3),
    );
}

#[test]
fn dense_after_flatten() {
    check(
        r#"[{ conv = 3 }, "flatten", { dense = { units = 37, bias = false } }, { dense = 5 }, "relu", { dense = 1 }]"#,
        Shape::new(3, 4, 2),
    );
}

#[test]
fn dropout_with_a_fixed_mask() {
    check(
        r#"[{ conv = 4 }, { dropout = 0.3 }, "flatten", { dense = 8 }, { dropout = 0.5 }, { dense = 1 }]"#,
        Shape::new(4, 4, 3),
    );
}

#[test]
fn relu6() {
    check(
        r#"[{ conv = 6 }, "relu6", "relu6", { conv = 3 }, "batch_norm", "relu6", "flatten", { dense = 1 }]"#,
        Shape::new(5, 4, 3),
    );
}

#[test]
fn residual_blocks() {
    check(
        r#"[{ conv = 4 }, "relu",
            { residual = [{ conv = 4 }, "batch_norm", "relu", { conv = 4 }, "batch_norm"] }, "relu",
            { residual = { layers = [{ conv = { filters = 6, stride = 2 } }, "batch_norm"],
                           shortcut = [{ conv = { filters = 6, kernel = 1, stride = 2 } }, "batch_norm"] } }, "relu",
            { residual = [{ conv = 6 }] },
            "global_avg_pool", { dense = 1 }]"#,
        Shape::new(6, 5, 3),
    );
}

#[test]
fn parallel_branches() {
    check(
        r#"[{ conv = 4 }, { parallel = [[{ conv = 3 }, "relu"], [], [{ residual = [{ conv = 4 }] }]] },
            { conv = 2 }, "flatten", { dense = 1 }]"#,
        Shape::new(4, 5, 3),
    );
}

#[test]
fn padding_as_tensorflow_pads() {
    check(
        r#"[{ conv = { filters = 3, kernel = 3, stride = 2, padding = "tf_same" } },
            { conv = { filters = 3, kernel = 5, stride = 2, padding = "tf_same" } }, "flatten", { dense = 1 }]"#,
        Shape::new(8, 8, 3),
    );
}

#[test]
fn grouped_convolution() {
    check(
        r#"[{ conv = { filters = 8, kernel = 1 } }, { conv = { filters = 12, groups = 4, stride = 2 } }, "relu",
            { conv = { filters = 6, groups = 2, bias = false } }, "flatten", { dense = 1 }]"#,
        Shape::new(7, 6, 3),
    );
}

#[test]
fn depthwise_convolution() {
    check(
        r#"[{ conv = { filters = 6, groups = 3 } }, { conv = { filters = 19, kernel = 1 } },
            { conv = { filters = 19, groups = 19, kernel = 5, stride = 2, dilation = 2 } }, "relu6",
            { conv = { filters = 19, groups = 19, bias = false } }, "flatten", { dense = 1 }]"#,
        Shape::new(9, 8, 3),
    );
}

#[test]
fn dilated_convolution() {
    check(
        r#"[{ conv = { filters = 3, dilation = 2 } }, { conv = { filters = 2, dilation = 3, stride = 2, padding = 2 } },
            "flatten", { dense = 1 }]"#,
        Shape::new(8, 9, 3),
    );
}

#[test]
fn grouped_and_depthwise_convolution() {
    check(
        r#"[{ conv = 6 }, { conv = { filters = 4, groups = 2 } }, { conv = { filters = 8, groups = 4, stride = 2 } },
            { conv = { filters = 8, kernel = 5, groups = 8 } }, "relu6", "flatten", { dense = 1 }]"#,
        Shape::new(6, 7, 3),
    );
}

#[test]
fn channels_that_fill_no_vector() {
    check(
        r#"[{ conv = 17 }, "relu", { conv = 33 }, "relu", { conv = { filters = 16, bias = false } }, "batch_norm",
            { conv = 16 }, "global_avg_pool", { dense = 1 }]"#,
        Shape::new(7, 6, 3),
    );
}
