//! Weights and models as users bring them, and the checkpoints of interrupted trainings.

use crate::{
    counting::turn,
    fixture::{Log, bytes, every_layer, patches, score, training},
    mutate::{cases, hold, hold_some},
};
use microtome::nn::{Compute, Network, NnError, fit_on, kernels::isa::Isa};
use std::fs;

fn cx() -> Compute {
    Compute::new(Isa::chosen().unwrap())
}

const TINY: &str = "model = { layers = [{ conv = 2 }, 'batch_norm', 'relu', 'global_avg_pool', { dense = 1 }] }\nepochs = 3\nbatch_size = 8";

/// The weights and the description of a model in a folder.
#[test]
fn models() {
    let _turn = turn();
    let (_folder, data) = patches(9, 4);
    let trained = fit_on(cx(), &training(TINY), &data, &score, None, &mut Log::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    trained.write(dir.path()).unwrap();
    let (weights, json) = (dir.path().join("model.safetensors"), dir.path().join("model.json"));
    for path in [&weights, &json] {
        let whole = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        hold(&name, std::slice::from_ref(&whole), 64 << 20, |bytes| {
            fs::write(path, bytes).unwrap();
            match Network::open(&weights, &json) {
                Ok(network) => network.description().summary().len() > 1,
                Err(error) => {
                    assert!(error.to_string().contains("model."), "{error}");
                    false
                }
            }
        });
        fs::write(path, whole).unwrap();
    }
}

/// A checkpoint that is changed in any way counts as none, so that the bits are the same.
#[test]
fn checkpoints() {
    let _turn = turn();
    let (_folder, data) = patches(33, 8);
    let training = every_layer();
    let scratch = tempfile::tempdir().unwrap();
    let fit = |log: &mut Log| fit_on(cx(), &training, &data, &score, Some(scratch.path()), log);
    // 7 calls an epoch: this one is in the second.
    let mut log = Log { stop_after: Some(10), ..Log::default() };
    assert!(matches!(fit(&mut log), Err(NnError::Interrupted)));
    let path = scratch.path().join("checkpoint");
    let whole = fs::read(&path).unwrap();
    let mut log = Log::default();
    let expected = bytes(&fit(&mut log).unwrap());
    assert_eq!(log.epochs, [2, 3], "the first epoch comes from the checkpoint");
    // A single bit leaves all sizes and most names as they were: only the seal tells.
    for part in 1..20 {
        let mut damaged = whole.clone();
        damaged[part * whole.len() / 20] ^= 1;
        fs::write(&path, damaged).unwrap();
        let mut log = Log::default();
        assert!(bytes(&fit(&mut log).unwrap()) == expected, "a bit in part {part}");
        assert_eq!(log.epochs, [1, 2, 3]);
    }
    let some = cases().min(30).max(cases() / 1000);
    hold_some(some, "checkpoints", std::slice::from_ref(&whole), 64 << 20, |damaged| {
        fs::write(&path, damaged).unwrap();
        let mut log = Log::default();
        assert!(bytes(&fit(&mut log).unwrap()) == expected);
        let used = log.epochs == [2, 3];
        assert_eq!(used, damaged == whole);
        used
    });
}
