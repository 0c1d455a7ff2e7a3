//! The same bits on every instruction set, with any number of threads, interrupted or not.

use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, NnError, Training, fit_on};

use crate::fixture::{Log, bytes, every_layer, patches, score, training};

fn on(isa: Isa, threads: usize, training: &Training) -> Vec<Vec<u8>> {
    let (_folder, data) = patches(33, 8); // 5 steps an epoch
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        bytes(
            &fit_on(Compute::new(isa), training, &data, &score, None, &mut Log::default()).unwrap(),
        )
    })
}

#[test]
fn five_steps_have_the_same_bits_on_every_instruction_set_and_any_threads() {
    for settings in [
        "optimizer = { adam = { lr = 0.01 } }",
        "optimizer = { sgd = { lr = 0.1, momentum = 0.9, nesterov = true } }",
        "optimizer = { rmsprop = { centered = true } }\nclip = { norm = 0.5 }\nwarmup = { steps = 3 }",
        "optimizer = { adamw = { decay = 'weights' } }\nschedule = { one_cycle = {} }\nloss = { binary_crossentropy = { positive_weight = 'balanced', label_smoothing = 0.1 } }",
    ] {
        let training = Training { epochs: std::num::NonZeroUsize::MIN, ..with(settings) };
        let expected = on(Isa::named("scalar").unwrap(), 1, &training);
        for isa in Isa::available() {
            for threads in 1..=3 {
                assert!(on(isa, threads, &training) == expected, "{isa:?} with {threads} threads");
            }
        }
    }
}

/// [`every_layer`] with other settings.
fn with(settings: &str) -> Training {
    let Training { optimizer, clip, schedule, warmup, loss, .. } =
        training(&format!("model = {{ layers = [] }}\n{settings}"));
    Training { optimizer, clip, schedule, warmup, loss, ..every_layer() }
}

#[test]
fn another_seed_is_another_network() {
    let isa = Isa::chosen().unwrap();
    let other = Training { seed: 5, ..every_layer() };
    assert_ne!(on(isa, 1, &every_layer()), on(isa, 1, &other));
}

/// Stops after `stop_after` calls, then goes on; the outcome and what the watcher saw of the rest.
fn resumed(
    training: &Training,
    stop_after: usize,
    between: impl FnOnce(&std::path::Path),
) -> (Vec<Vec<u8>>, Vec<usize>) {
    let (_folder, data) = patches(33, 8);
    let scratch = tempfile::tempdir().unwrap();
    let cx = || Compute::new(Isa::chosen().unwrap());
    let mut log = Log { stop_after: Some(stop_after), ..Log::default() };
    let stopped = fit_on(cx(), training, &data, &score, Some(scratch.path()), &mut log);
    assert!(matches!(stopped, Err(NnError::Interrupted)));
    between(scratch.path());
    let mut log = Log::default();
    let trained = fit_on(cx(), training, &data, &score, Some(scratch.path()), &mut log).unwrap();
    (bytes(&trained), log.epochs)
}

/// 5 training batches and 2 of validation an epoch: call 18 is in the third epoch.
const IN_THIRD_EPOCH: usize = 18;

#[test]
fn a_resumed_training_equals_an_uninterrupted_one() {
    for training in [
        every_layer(),
        stopping_early(),
        with(
            "optimizer = { sgd = { momentum = 0.9, dampening = 0.5 } }\nschedule = { one_cycle = {} }",
        ),
        with(
            "optimizer = { rmsprop = { momentum = 0.9 } }\nschedule = { cosine = {} }\nwarmup = { epochs = 2 }",
        ),
        // No epoch improves so much: the rate falls after each but the first.
        with(
            "schedule = { reduce_on_plateau = { patience = 0, threshold = 0.9 } }\nclip = { norm = 0.1 }",
        ),
    ] {
        let whole = on(Isa::chosen().unwrap(), 2, &training);
        let (bytes, epochs) = resumed(&training, IN_THIRD_EPOCH, |_| ());
        assert!(bytes == whole);
        assert_eq!(epochs.first(), Some(&3), "the first two epochs come from the checkpoint");
    }
}

#[test]
fn an_interruption_in_the_first_epoch_leaves_no_checkpoint() {
    let whole = on(Isa::chosen().unwrap(), 2, &every_layer());
    let (bytes, epochs) = resumed(&every_layer(), 3, |scratch| {
        assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0)
    });
    assert!(bytes == whole);
    assert_eq!(epochs, [1, 2, 3]);
}

#[test]
fn a_damaged_checkpoint_counts_as_none() {
    let whole = on(Isa::chosen().unwrap(), 2, &every_layer());
    let flip_a_bit = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let cut_off = |bytes: &mut Vec<u8>| bytes.truncate(1000);
    let empty = |bytes: &mut Vec<u8>| bytes.clear();
    for damage in [&flip_a_bit as &dyn Fn(&mut Vec<u8>), &cut_off, &empty] {
        let (bytes, epochs) = resumed(&every_layer(), IN_THIRD_EPOCH, |scratch| {
            let path = scratch.join("checkpoint");
            let mut bytes = std::fs::read(&path).unwrap();
            damage(&mut bytes);
            std::fs::write(&path, bytes).unwrap();
        });
        assert!(bytes == whole);
        assert_eq!(epochs, [1, 2, 3]);
    }
}

#[test]
fn a_checkpoint_of_another_training_is_left_alone() {
    let (_folder, data) = patches(33, 8);
    let scratch = tempfile::tempdir().unwrap();
    let run = |training: &Training| {
        let mut log = Log::default();
        fit_on(
            Compute::new(Isa::chosen().unwrap()),
            training,
            &data,
            &score,
            Some(scratch.path()),
            &mut log,
        )
        .unwrap();
        log.epochs
    };
    assert_eq!(run(&every_layer()), [1, 2, 3]);
    assert_eq!(run(&every_layer()), [0usize; 0], "all is in the checkpoint");
    assert_eq!(run(&Training { seed: 9, ..every_layer() }), [1, 2, 3]);
}

fn stopping_early() -> Training {
    Training {
        early_stopping: training(
            "model = { layers = [] }\nearly_stopping = { monitor = 'val_loss', patience = 2 }",
        )
        .early_stopping,
        ..every_layer()
    }
}
