//! Optimizers and schedules against PyTorch's, whose steps `tests/nn/reference/optimizers.json`
//! holds (written by the script beside it), by hand, and against themselves on other machines.

use serde::Deserialize;
use serde_json::json;

use super::course::Course;
use super::history::Epoch;
use super::kernels::isa::Isa;
use super::optimizer::{Clip, Optimizer};
use super::parameter::{Layout, Parameter};
use super::stepper::{Rate, Stepper};
use super::tensor::{Compute, Grads, put};
use super::training::Training;

#[derive(Deserialize)]
struct Reference {
    shapes: Vec<Vec<usize>>,
    start: Vec<Vec<f32>>,
    a: Vec<Vec<f32>>,
    b: Vec<Vec<f32>>,
    c: Vec<Vec<f32>>,
    steps: Vec<usize>,
    trajectories: Vec<Trajectory>,
    schedules: Vec<Rates>,
}

#[derive(Deserialize)]
struct Trajectory {
    optimizer: Optimizer,
    clip: Option<Clip>,
    /// None: frozen.
    factors: Vec<Option<f64>>,
    /// After each of the steps: all elements.
    values: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Rates {
    training: serde_json::Map<String, serde_json::Value>,
    /// An epoch.
    steps: usize,
    /// What each epoch brought on the validation split.
    figures: Option<Vec<f64>>,
    lr: Vec<f64>,
    momentum: Vec<f64>,
}

fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nn/reference/optimizers.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn parameter(cx: &Compute, shape: &[usize], values: &[f32]) -> Parameter {
    Parameter::new(cx, "p".into(), shape.to_vec(), Layout::Plain, values).unwrap()
}

/// One step with gradients of the parameters' own making.
fn step(
    cx: &Compute,
    stepper: &mut Stepper,
    optimizer: Optimizer,
    parameters: &mut [Parameter],
    gradient: impl Fn(usize, usize, f32) -> f32,
) {
    let mut grads = Grads::leaky();
    for (i, parameter) in parameters.iter().enumerate() {
        let values = parameter.values();
        let gradient: Vec<f32> =
            values.iter().enumerate().map(|(j, p)| gradient(i, j, *p)).collect();
        put(cx, &mut grads, &parameter.tag, cx.buffers.copy(&gradient)).unwrap();
    }
    stepper.step(cx, optimizer, parameters, &mut grads).unwrap();
}

/// The largest difference from PyTorch at any of the kept steps.
fn difference(reference: &Reference, trajectory: &Trajectory) -> f32 {
    let cx = Compute::new(Isa::chosen().unwrap());
    let Reference { shapes, start, a, b, c, steps, .. } = reference;
    let mut parameters: Vec<_> =
        shapes.iter().zip(start).map(|(shape, values)| parameter(&cx, shape, values)).collect();
    let rates = trajectory.factors.iter().map(|f| f.map_or(Rate::Frozen, Rate::Factor)).collect();
    let mut stepper = Stepper::new(trajectory.clip, rates);
    let mut kept = trajectory.values.iter();
    let mut largest = 0f32;
    for made in 1..=50 {
        step(&cx, &mut stepper, trajectory.optimizer, &mut parameters, |i, j, p| {
            a[i][j] * (p - c[i][j]) + b[i][j] * p * p * p
        });
        if steps.contains(&made) {
            let values = parameters.iter().flat_map(Parameter::values);
            let expected = kept.next().unwrap();
            assert_eq!(expected.len(), 21);
            for (value, expected) in values.zip(expected) {
                assert!(value.is_finite());
                largest = largest.max((value - expected).abs());
            }
        }
    }
    assert!(kept.next().is_none());
    largest
}

#[test]
fn fifty_steps_of_each_optimizer_are_pytorchs() {
    let reference = reference();
    assert_eq!(reference.trajectories.len(), 21);
    for trajectory in &reference.trajectories {
        let largest = difference(&reference, trajectory);
        let Trajectory { optimizer, clip, .. } = trajectory;
        println!("{largest:.1e} {optimizer:?} {clip:?}");
        assert!(largest < 1e-5, "{largest} {optimizer:?} {clip:?}");
    }
}

fn row(epoch: usize, figure: f64) -> Epoch {
    let (lr, train_loss, train_accuracy, val_accuracy) = (0.1, 0.5, 0.5, 0.5);
    let (val_loss, val_auc) = (figure, Some(figure));
    Epoch { epoch, lr, train_loss, train_accuracy, val_loss, val_accuracy, val_auc }
}

fn momentum(optimizer: Optimizer) -> f64 {
    match optimizer {
        Optimizer::Adam(adam) => adam.beta1,
        Optimizer::AdamW(adam) => adam.beta1,
        Optimizer::Sgd(sgd) => sgd.momentum,
        Optimizer::RmsProp(rms) => rms.momentum,
    }
}

#[test]
fn learning_rates_and_momenta_are_pytorchs() {
    let reference = reference();
    assert_eq!(reference.schedules.len(), 17);
    for mut rates in reference.schedules {
        rates.training.insert("model".into(), json!({ "layers": [] }));
        let said = json!(rates.training).to_string();
        let training: Training = serde_json::from_str(&said).unwrap();
        assert_eq!(training.faults(), [], "{said}");
        let mut history = Vec::new();
        let mut expected = rates.lr.iter().zip(&rates.momentum);
        for epoch in 0..training.epochs.get() {
            let course = Course::after(&history, &training, rates.steps).unwrap();
            for step in 0..rates.steps {
                let optimizer = course.at(step);
                let (lr, old) = expected.next().unwrap();
                let off = (optimizer.lr() / lr - 1.0).abs();
                assert!(off < 1e-7, "{said} {epoch} {step}: {} {lr}", optimizer.lr());
                let now = momentum(optimizer);
                assert!((now - old).abs() < 1e-8, "{said} {epoch} {step}: {now} {old}");
            }
            let figure = rates.figures.as_ref().map_or(0.5, |figures| figures[epoch]);
            history.push(row(epoch + 1, figure));
        }
        assert!(expected.next().is_none());
    }
}

/// A parameter that starts at 1 and is given the gradients 0.5 and −1: where it is after each.
fn path(optimizer: &str, clip: Option<Clip>) -> [f32; 2] {
    let optimizer = serde_json::from_str(optimizer).unwrap();
    let cx = Compute::new(Isa::chosen().unwrap());
    let mut parameters = [parameter(&cx, &[1], &[1.0])];
    let mut stepper = Stepper::new(clip, vec![Rate::Factor(1.0)]);
    [0.5, -1.0].map(|gradient| {
        step(&cx, &mut stepper, optimizer, &mut parameters, |_, _, _| gradient);
        parameters[0].values()[0]
    })
}

fn close(path: [f32; 2], expected: [f32; 2]) {
    let near = path.iter().zip(expected).all(|(p, e)| (p - e).abs() < 2e-6);
    assert!(near, "{path:?}, expected {expected:?}");
}

/// 1 − 0.1·0.5, + 0.1·1.
#[test]
fn sgd_follows_the_gradient() {
    close(path(r#"{"sgd": {"lr": 0.1}}"#, None), [0.95, 1.05]);
}

/// Velocities 0.5 and −1 + 0.9·0.5 = −0.55.
#[test]
fn sgd_with_momentum() {
    close(path(r#"{"sgd": {"lr": 0.1, "momentum": 0.9}}"#, None), [0.95, 1.005]);
}

/// Directions 0.5 + 0.9·0.5 = 0.95 and −1 + 0.9·(−0.55) = −1.495.
#[test]
fn sgd_with_nesterov_momentum() {
    let sgd = r#"{"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": true}}"#;
    close(path(sgd, None), [0.905, 1.0545]);
}

/// First step: m̂ = 0.5, v̂ = 0.25, so 0.1 whatever the gradient's size. Second: m = −0.055,
/// v = 0.00124975; m̂ = −0.055/0.19, v̂ = 0.00124975/0.001999.
#[test]
fn adam_divides_by_the_spread() {
    close(path(r#"{"adam": {"lr": 0.1}}"#, None), [0.9, 0.936_610_4]);
}

/// With a limit of 0.25 both gradients are ±0.25; with a norm of 0.25 too, as there is one element.
#[test]
fn clipping_holds_gradients_back() {
    for clip in [Clip::Value(0.25), Clip::Norm(0.25)] {
        close(path(r#"{"sgd": {"lr": 0.1}}"#, Some(clip)), [0.975, 1.0]);
    }
    close(path(r#"{"sgd": {"lr": 0.1}}"#, Some(Clip::Norm(0.75))), [0.95, 1.025]);
}

/// Unlike PyTorch's, whose variance of equal gradients may round to less than nothing.
#[test]
fn a_centred_rmsprop_bears_gradients_that_do_not_change() {
    let cx = Compute::new(Isa::chosen().unwrap());
    let optimizer = serde_json::from_str(r#"{"rmsprop": {"centered": true}}"#).unwrap();
    let mut parameters = [parameter(&cx, &[7], &[1.0; 7])];
    let mut stepper = Stepper::new(None, vec![Rate::Factor(1.0)]);
    for _ in 0..2000 {
        step(&cx, &mut stepper, optimizer, &mut parameters, |_, j, _| 0.1 * (j + 1) as f32);
    }
    assert!(parameters[0].values().iter().all(|p| p.is_finite()));
}

#[test]
fn a_gradient_that_is_no_number_shows() {
    for clip in [None, Some(Clip::Value(1.0)), Some(Clip::Norm(1.0))] {
        let cx = Compute::new(Isa::chosen().unwrap());
        let mut parameters = [parameter(&cx, &[2], &[1.0; 2])];
        let mut stepper = Stepper::new(clip, vec![Rate::Factor(1.0)]);
        step(&cx, &mut stepper, Optimizer::default(), &mut parameters, |_, _, _| f32::NAN);
        assert!(parameters[0].values()[0].is_nan(), "{clip:?}");
    }
}

/// What is frozen stays, its gradient does not count for the norm, and when it thaws its first step
/// is Adam's first: of the size of the learning rate.
#[test]
fn what_is_frozen_stays_until_it_thaws() {
    let cx = Compute::new(Isa::chosen().unwrap());
    let optimizer = serde_json::from_str(r#"{"adam": {"lr": 0.1}}"#).unwrap();
    let mut parameters = [parameter(&cx, &[1], &[1.0]), parameter(&cx, &[1], &[1.0])];
    let mut stepper = Stepper::new(None, vec![Rate::Frozen, Rate::Factor(0.5)]);
    for _ in 0..3 {
        step(&cx, &mut stepper, optimizer, &mut parameters, |_, _, _| 2.0);
    }
    let memory = &stepper.memory[0];
    assert_eq!((memory.steps, memory.moments.len(), parameters[0].values()), (0, 0, vec![1.0]));
    assert!((parameters[1].values()[0] - 0.85).abs() < 1e-6, "three steps of half the rate");
    stepper.set_rates(vec![Rate::Factor(1.0), Rate::Frozen]);
    step(&cx, &mut stepper, optimizer, &mut parameters, |_, _, _| 2.0);
    assert!((parameters[0].values()[0] - 0.9).abs() < 1e-6);
    assert!((parameters[1].values()[0] - 0.85).abs() < 1e-6);
}

/// Three parameters, one of more than a chunk; settings that reach every loop.
#[test]
fn steps_have_the_same_bits_on_every_instruction_set_and_any_threads() {
    let settings = [
        r#"{"adam": {"weight_decay": 0.01}}"#,
        r#"{"adamw": {}}"#,
        r#"{"sgd": {"weight_decay": 0.01}}"#,
        r#"{"sgd": {"momentum": 0.9, "nesterov": true}}"#,
        r#"{"rmsprop": {}}"#,
        r#"{"rmsprop": {"centered": true, "momentum": 0.5}}"#,
    ];
    let run = |isa: Isa, threads: usize, settings: &str| -> Vec<u32> {
        let cx = Compute::new(isa);
        let optimizer = serde_json::from_str(settings).unwrap();
        let wave = |i: usize| (i * i % 1013) as f32 / 500.0 - 1.0;
        let mut parameters = [70_001usize, 17, 1]
            .map(|len| parameter(&cx, &[len, 1], &(0..len).map(wave).collect::<Vec<_>>()));
        let mut stepper = Stepper::new(Some(Clip::Norm(3.0)), vec![Rate::Factor(1.0); 3]);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            for made in 0..3 {
                step(&cx, &mut stepper, optimizer, &mut parameters, |i, j, p| {
                    p * p - wave(i + 3 * j + made)
                });
            }
        });
        parameters.iter().flat_map(Parameter::values).map(f32::to_bits).collect()
    };
    for settings in settings {
        let expected = run(Isa::named("scalar").unwrap(), 1, settings);
        for isa in Isa::available() {
            for threads in 1..=3 {
                assert!(run(isa, threads, settings) == expected, "{settings} {isa:?} {threads}");
            }
        }
    }
}
