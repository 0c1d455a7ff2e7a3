//! Known networks against PyTorch: logits and gradients, with weights from a formula that both
//! sides follow, or with the published ones.

#[path = "../../tests/nn/reference/mod.rs"]
pub(super) mod reference;

use std::path::Path;

use dfdx::tensor::{AsArray, PutTape};
use dfdx::tensor_ops::Backward;
use safetensors::SafeTensors;

use super::images::{CHANNELS, Loader};
use super::kernels::After;
use super::kernels::isa::Isa;
use super::loss::Loss;
use super::model::Model;
use super::network::{Layers, Moment};
use super::ops::loss::{CrossEntropy, mean_cross_entropy};
use super::plan::Op;
use super::presets::{Architecture, Classifier, Preset, Settings};
use super::shape::Shape;
use super::tensor::{Compute, Tape, take};
use super::weights::floats;
use crate::data::{Batch, Normalization};
use reference::{Gradient, Mode, Reference, formula};

/// The network with its weights, the batch, and what is expected.
struct Case {
    cx: Compute,
    layers: Layers,
    loader: Loader,
    reference: Reference,
}

/// `weights` is a file below the folder of published weights, for all but the head.
fn case(name: &str, weights: Option<&str>, normalization: Option<Normalization>) -> Case {
    case_of(Reference::of(name), name, weights, normalization)
}

fn case_of(
    reference: Reference,
    name: &str,
    weights: Option<&str>,
    normalization: Option<Normalization>,
) -> Case {
    let (name, smooth) = match name.strip_suffix("_smooth") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (architecture, classifier) = match name.strip_suffix("_whole") {
        Some(architecture) => (architecture, Classifier::Hidden),
        None => (name, Classifier::Pooled),
    };
    let architecture = Architecture::named(architecture).unwrap();
    let settings = Settings { dropout: Some(0.0), classifier, ..Settings::default() };
    let preset = Preset { architecture, settings };
    let input = Shape::new(reference.side, reference.side, CHANNELS);
    let mut layers = layers_of(&preset, input, weights);
    let cx = layers.cx.clone();
    let mut names: Vec<_> = layers.parameters.iter().map(|p| p.name.clone()).collect();
    let mut expected = reference.parameters.clone();
    names.sort();
    expected.sort();
    assert_eq!(names, expected, "the parameters' names are PyTorch's");
    if smooth {
        smoothed(&mut layers);
    }
    Case { cx, layers, loader: Loader::new(input, normalization), reference }
}

/// A known network for images of a size, with weights from a file below the folder of published
/// weights, or from the formula.
pub(super) fn layers_of(preset: &Preset, input: Shape, weights: Option<&str>) -> Layers {
    let model = Model::Preset(preset.clone());
    let cx = Compute::new(Isa::chosen().unwrap());
    let published = weights.map(|file| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/weights");
        std::fs::read(Path::new(folder).join(file)).unwrap()
    });
    let value = |name: &str, shape: &[usize]| match &published {
        Some(bytes) if !preset.is_head(name) => {
            floats(&SafeTensors::deserialize(bytes).unwrap(), name, shape).unwrap()
        }
        _ => formula::parameter(name, shape),
    };
    let mut layers =
        Layers::with(cx, &model, input, |_, declared| Ok(value(&declared.name, &declared.shape)))
            .unwrap();
    for running in &mut layers.running {
        let shape = [running.mean.len()];
        running.mean = value(&format!("{}.running_mean", running.name), &shape);
        running.variance = value(&format!("{}.running_var", running.name), &shape);
    }
    layers
}

/// Leaves every ReLU out and averages where there was a maximum.
fn smoothed(layers: &mut Layers) {
    for node in &mut layers.plan.nodes {
        match &mut node.op {
            Op::Conv { after, .. } | Op::Norm { after, .. } => *after = After::Nothing,
            Op::Activation(after) | Op::Add(after) => *after = After::Nothing,
            Op::MaxPool(geometry) => node.op = Op::AvgPool(*geometry),
            _ => {}
        }
    }
    layers.freeze(0);
}

impl Case {
    fn batch(&self, mode: Mode) -> Batch {
        let (pixels, labels) = self.reference.batch(mode);
        Batch { pixels, labels, rows: vec![0, 1, 2, 3] }
    }
}

/// At most this part of the largest logit, of the largest element of a gradient.
const TOLERANCE: f64 = 1e-4;

fn close(ours: &[f32], expected: &[f64], largest: f64, what: &str) {
    for (ours, expected) in ours.iter().zip(expected) {
        let apart = (f64::from(*ours) - expected).abs();
        assert!(
            apart <= TOLERANCE * largest,
            "{what}: {ours}, expected {expected} ({:.1e})",
            apart / largest
        );
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Logits in inference, and what a step of training gives, against the figures; then `each`
/// parameter with our gradient in PyTorch's order and what is expected of it. Gradients that are
/// nothing but rounding are only checked to be small.
fn walk(mut case: Case, mut each: impl FnMut(&Reference, &str, &[f32], &Gradient)) {
    let (cx, batch) = (&case.cx.clone(), case.batch(Mode::Eval));
    let expected = case.reference.figures(Mode::Eval);
    let x = case.loader.load(cx, &batch).unwrap();
    let logits = case.layers.inference().logits(cx, x).unwrap();
    close(&logits.values, &expected.logits, largest(&expected.logits), "logits in inference");

    let expected = case.reference.figures(Mode::Train);
    let (mut tape, moment) = (Tape::default(), Moment { seed: 0, epoch: 0, step: 0 });
    let batch = case.batch(Mode::Train);
    let x = case.loader.load(cx, &batch).unwrap();
    let logits = case.layers.train(&mut tape, x, moment).unwrap();
    close(&logits.values, &expected.logits, largest(&expected.logits), "logits in training");
    let entropy = CrossEntropy::of(&Loss::default(), &[]);
    let loss = mean_cross_entropy(&mut tape, cx, entropy, &logits, &batch.labels).unwrap();
    close(&[loss.array()], &[expected.loss], expected.loss, "loss");
    let mut gradients = loss.put_tape(tape).try_backward().unwrap();
    // A bias before a batch norm has no gradient but rounding, which is no part of anything.
    let scale = expected.gradients.values().fold(0f64, |largest, g| largest.max(g.max));
    for parameter in &case.layers.parameters {
        let ours = take(cx, &mut gradients, &parameter.tag).unwrap();
        let ours = parameter.layout.to_torch(&ours);
        let expected = &expected.gradients[&parameter.name];
        if expected.max < 1e-9 * scale {
            let rest = ours.iter().fold(0f32, |rest, g| rest.max(g.abs()));
            assert!(f64::from(rest) < 1e-6 * scale, "{}: {rest}, expected 0", parameter.name);
        } else {
            each(&case.reference, &parameter.name, &ours, expected);
        }
    }
}

fn check(case: Case) {
    walk(case, |_, name, ours, expected| {
        let samples = formula::places(name, ours.len()).map(|at| ours[at]);
        close(&samples, &expected.samples, expected.max, name);
        let norm = ours.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        close(&[norm as f32], &[expected.norm], expected.norm, name);
    });
}

#[test]
fn basic_cnn() {
    check(case("basic_cnn", None, None));
}

#[test]
fn bn_cnn() {
    check(case("bn_cnn", None, None));
}

#[test]
fn resnet18() {
    check(case("resnet18", None, None));
}

#[test]
fn resnet34() {
    check(case("resnet34", None, None));
}

// Its ReLUs have so many inputs that some cross 0 by rounding with every image that was tried: its
// gradients are compared without them, see below.
#[test]
fn resnet50() {
    walk(case("resnet50", None, None), |_, _, _, _| {});
    check(case("resnet50_smooth", None, None));
}

#[test]
fn densenet121() {
    walk(case("densenet121", None, None), |_, _, _, _| {});
    check(case("densenet121_smooth", None, None));
}

/// On images of the full size rounding takes some input of a ReLU across 0, or another element of a
/// window to be its maximum, and all gradients below that jump. Without such layers the same
/// convolutions of the same maps agree.
#[test]
fn networks_without_jumps_on_images_of_96_pixels() {
    for name in ["basic_cnn_smooth", "bn_cnn_smooth", "resnet18_smooth", "vgg11_bn_smooth"] {
        check(case(name, None, None));
    }
}

#[test]
fn vgg11_bn_with_its_hidden_layers() {
    check(case("vgg11_bn_whole", None, None));
}

#[test]
#[ignore = "needs 3 GB of memory; part of the full comparison"]
fn vgg16_with_its_hidden_layers() {
    // Logits and loss; a ReLU crosses 0, and `vgg16` has the gradients below the classifier.
    walk(case("vgg16_whole", None, None), |_, _, _, _| {});
}

#[test]
fn vgg11_bn() {
    check(case("vgg11_bn", None, None));
}

#[test]
fn vgg16() {
    check(case("vgg16", None, None));
}

pub(super) const RESNET20: &str = "resnet20_cifar10.safetensors";
const LITE0: &str = "efficientnet_lite0_imagenet.safetensors";

#[test]
fn resnet20_with_its_published_weights() {
    check(case("resnet20", Some(RESNET20), None));
}

#[test]
fn efficientnet_lite0_with_its_published_weights() {
    let architecture = Architecture::named("efficientnet_lite0").unwrap();
    check(case("efficientnet_lite0", Some(LITE0), architecture.normalization()));
}

/// Every element of every gradient, for the files of `networks.py --full` below the folder that
/// MICROTOME_REFERENCE names: a line for each parameter, and the worst of each network. Logits and
/// loss must agree; what differs in gradients is to be read, because a ReLU that rounding takes
/// across 0 makes all below it jump (see `networks.py`).
#[test]
#[ignore = "needs files that networks.py writes: see there"]
fn whole_gradients() {
    let folder = std::env::var("MICROTOME_REFERENCE").expect("MICROTOME_REFERENCE=DIR");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {folder}");
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let architecture = Architecture::named(name).unwrap();
        let (weights, normalization) = match name {
            "resnet20" => (Some(RESNET20), None),
            "efficientnet_lite0" => (Some(LITE0), architecture.normalization()),
            _ => (None, None),
        };
        let (mut ours, mut theirs) = (0f64, 0f64);
        walk(case_of(Reference::read(&path), name, weights, normalization), |file, name, g, of| {
            let exact = file.doubles(Mode::Train, &format!("gradient.{name}"));
            let square = |(g, exact): (&f32, &f64)| (f64::from(*g) - exact).powi(2);
            let error = g.iter().zip(&exact).map(square).sum::<f64>().sqrt() / of.norm;
            println!("    {name:<40} {error:.1e}, PyTorch {:.1e}", of.rounding);
            (ours, theirs) = (ours.max(error), theirs.max(of.rounding));
        });
        println!("{name:<20} at most {ours:.1e}, PyTorch's single precision {theirs:.1e}");
    }
}
