//! Whole trainings of a network of each family, and of declared ones with odd sizes: the same bytes
//! on every instruction set, with one to four threads, and interrupted in every epoch.

use microtome::data::Dataset;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, NnError, Training, fit_on};

use crate::fixture::{Log, bytes, score, sized, training};

/// Two steps an epoch, of 5 and of 3 images; validation likewise has a batch of 5 and one of 2.
const TRAIN: usize = 8;
const VALID: usize = 7;
/// Steps and batches of validation an epoch.
const CALLS: usize = 4;
const EPOCHS: usize = 2;

fn data(side: usize) -> (tempfile::TempDir, Dataset) {
    sized(side, TRAIN, VALID)
}

/// Gradients are clipped: deep networks fresh from their seed have huge ones on maps of one pixel.
fn declared(model: &str) -> Training {
    training(&format!(
        "model = {model}\nbatch_size = 5\nepochs = {EPOCHS}\nseed = 3\naugment = ['flip', 'rotate90']\n\
         optimizer = {{ sgd = {{ lr = 0.01, momentum = 0.9 }} }}\nclip = {{ norm = 1.0 }}"
    ))
}

/// Every byte of the model and of its log.
fn outcome(training: &Training, data: &Dataset, isa: Isa, threads: usize) -> Vec<Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut log = Log::default();
        let trained = fit_on(Compute::new(isa), training, data, &score, None, &mut log).unwrap();
        let expected: Vec<usize> = (1..=EPOCHS).collect();
        assert_eq!(log.epochs, expected);
        assert_eq!(log.steps.len(), CALLS * EPOCHS);
        bytes(&trained)
    })
}

/// Interrupted in each epoch but the first, so that it goes on from each checkpoint that there is.
fn in_pieces(training: &Training, data: &Dataset) -> Vec<Vec<u8>> {
    let scratch = tempfile::tempdir().unwrap();
    for epoch in 1..EPOCHS {
        // In the first step after the epoch that this piece adds.
        let mut log = Log { stop_after: Some(CALLS + 1), ..Log::default() };
        let cx = Compute::new(Isa::chosen().unwrap());
        let stopped = fit_on(cx, training, data, &score, Some(scratch.path()), &mut log);
        assert!(matches!(stopped, Err(NnError::Interrupted)));
        assert_eq!(log.epochs, [epoch], "a piece adds one epoch to those before");
    }
    let mut log = Log::default();
    let cx = Compute::new(Isa::chosen().unwrap());
    let trained = fit_on(cx, training, data, &score, Some(scratch.path()), &mut log).unwrap();
    assert_eq!(log.epochs, [EPOCHS]);
    bytes(&trained)
}

/// The scalar kernels are the slowest and say what is right, on one thread.
fn holds(training: &Training, side: usize) {
    let (_folder, data) = data(side);
    let expected = outcome(training, &data, Isa::named("scalar").unwrap(), 1);
    for isa in Isa::available() {
        for threads in 1..=4 {
            if isa != Isa::named("scalar").unwrap() {
                let same = outcome(training, &data, isa, threads) == expected;
                assert!(same, "{isa:?} with {threads} threads");
            }
        }
    }
    assert!(in_pieces(training, &data) == expected, "resumed");
}

/// A test for each family, so that they run side by side: its name, and the smallest side that has
/// a pixel left in each of its maps.
macro_rules! families {
    ($($name:ident: $side:literal,)*) => {
        $(#[test]
        fn $name() {
            holds(&declared(&format!("{:?}", stringify!($name))), $side);
        })*
    };
}

families! {
    basic_cnn: 11,
    bn_cnn: 11,
    vgg11: 32,
    vgg11_bn: 32,
    resnet18: 11,
    resnet50: 11,
    resnet20: 11,
    efficientnet_lite0: 11,
    densenet121: 29,
}

#[test]
fn odd_channels() {
    holds(
        &declared(
            r#"{ layers = [
            { conv = 7 }, "batch_norm", "relu", { conv = { filters = 13, kernel = 5, stride = 2 } }, "relu6",
            { conv = { filters = 33, padding = 0 } }, "batch_norm", "relu", "flatten",
            { dense = 7 }, "relu", { dropout = 0.3 }, { dense = 1 } ] }"#,
        ),
        11,
    );
}

#[test]
fn groups_and_dilation() {
    holds(
        &declared(
            r#"{ layers = [
            { conv = { filters = 21, dilation = 2 } }, "relu",
            { conv = { filters = 35, groups = 7, bias = false } }, "batch_norm", "relu", { max_pool = { size = 3, stride = 2, padding = 1 } },
            { conv = { filters = 35, kernel = 5, groups = 35 } }, "batch_norm", "relu6",
            { conv = { filters = 70, groups = 35, stride = 2 } }, "relu", { conv = { filters = 13, kernel = 1 } },
            "global_avg_pool", { dense = 1 } ] }"#,
        ),
        13,
    );
}

#[test]
fn residual_and_parallel_blocks() {
    holds(
        &declared(
            r#"{ layers = [
            { conv = 13 }, "relu",
            { residual = [ { conv = 13 }, "batch_norm", "relu", { conv = 13 } ] }, "relu",
            { residual = { layers = [ { conv = { filters = 33, stride = 2 } }, "batch_norm" ], shortcut = [ { conv = { filters = 33, kernel = 1, stride = 2 } } ] } },
            { parallel = [ [ { conv = 7 }, "relu" ], [ { conv = { filters = 3, kernel = 1 } } ], [] ] },
            { avg_pool = 2 }, { conv = { filters = 43, groups = 43 } }, "relu", "global_avg_pool", { dense = 1 } ] }"#,
        ),
        11,
    );
}
