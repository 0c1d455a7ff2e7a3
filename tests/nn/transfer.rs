//! Pretrained weights in a training: what stays as it is, what moves, and that the bits are the
//! same wherever and in however many pieces it runs.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use expect_test::expect;
use microtome::data::{Batches, Dataset, Normalization, Normalize};
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, NnError, Shape, Trained, Trainer, Training, fit_on};
use safetensors::SafeTensors;

use crate::fixture::{Log, SIDE, bytes, normalised, patches, score, training};

pub const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/weights");

/// ResNet-20 with its published weights and these settings.
fn resnet20(settings: &str) -> Training {
    let weights = format!("{WEIGHTS}/resnet20_cifar10.safetensors");
    training(&format!(
        "model = {{ resnet20 = {{ weights = '{weights}'{settings} }} }}\n\
         optimizer = {{ adam = {{ lr = 0.01 }} }}\nbatch_size = 8\nepochs = 3\nseed = 4"
    ))
}

fn epochs(epochs: usize, training: Training) -> Training {
    Training { epochs: NonZeroUsize::new(epochs).unwrap(), ..training }
}

/// Trained on 20 images, 3 steps an epoch.
fn run(training: &Training, isa: Isa) -> (Trained, Vec<String>) {
    let (_folder, data) = patches(20, 6);
    let mut log = Log::default();
    let trained = fit_on(Compute::new(isa), training, &data, &score, None, &mut log).unwrap();
    (trained, log.notes)
}

type Tensors = BTreeMap<String, Vec<u8>>;

fn tensors(file: &[u8]) -> Tensors {
    let tensors = SafeTensors::deserialize(file).unwrap();
    tensors.iter().map(|(name, tensor)| (name.to_owned(), tensor.data().to_vec())).collect()
}

fn published() -> Tensors {
    tensors(&std::fs::read(format!("{WEIGHTS}/resnet20_cifar10.safetensors")).unwrap())
}

/// The tensors that a training left as they were published.
fn kept(training: &Training) -> Vec<String> {
    let (trained, _) = run(training, Isa::chosen().unwrap());
    let (now, before) = (tensors(&bytes(&trained)[0]), published());
    assert!(now.keys().eq(before.keys()));
    now.iter().filter(|(name, now)| before[*name] == **now).map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_frozen_backbone_keeps_its_bits() {
    let all_but_the_head: Vec<_> =
        published().into_keys().filter(|name| !name.starts_with("linear.")).collect();
    assert_eq!(kept(&epochs(2, resnet20(", freeze = 'backbone'"))), all_but_the_head);
}

#[test]
fn frozen_blocks_keep_their_bits_and_all_others_move() {
    let first = ["bn1.", "conv1.", "layer1.0.", "layer1.1."];
    let first_blocks: Vec<_> = published()
        .into_keys()
        .filter(|name| first.iter().any(|first| name.starts_with(first)))
        .collect();
    assert_eq!(first_blocks.len(), 25, "5 for each of 5 convolutions and norms");
    assert_eq!(kept(&epochs(1, resnet20(", freeze = 3"))), first_blocks);
    assert!(kept(&epochs(1, resnet20(""))).is_empty(), "everything moves");
}

#[test]
fn a_thawed_backbone_moves() {
    let toml = ", freeze = 'backbone', unfreeze_after = 2";
    assert_eq!(kept(&epochs(2, resnet20(toml))).len(), 95);
    assert!(kept(&epochs(3, resnet20(toml))).is_empty());
}

/// How far a tensor went in one step of plain gradient descent.
fn way(rates: &str, name: &str) -> f64 {
    let plain = Training { batch_size: NonZeroUsize::new(20).unwrap(), ..resnet20(rates) };
    let sgd = training("model = { layers = [] }\noptimizer = { sgd = { lr = 0.5 } }").optimizer;
    let (_folder, data) = patches(20, 6);
    let input = Shape::new(SIDE, SIDE, 3);
    let cx = Compute::new(Isa::chosen().unwrap());
    let plain = Training { optimizer: sgd, ..plain };
    let mut log = Log::default();
    let trained = fit_on(cx, &epochs(1, plain), &data, &score, None, &mut log).unwrap();
    assert_eq!(trained.network.description().input, input);
    let floats = |bytes: &[u8]| -> Vec<f64> {
        bytes.chunks(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
    };
    let now = floats(&tensors(&bytes(&trained)[0])[name]);
    let before = floats(&published()[name]);
    now.iter().zip(&before).map(|(now, before)| (now - before).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_part_learns_at_its_own_rate() {
    let name = "layer3.2.conv2.weight";
    let (full, tenth) = (way("", name), way(", rates = { backbone = 0.1 }", name));
    assert!((tenth / full - 0.1).abs() < 1e-3, "{tenth} of {full}");
    let head = way(", rates = { head = 0.1 }", name);
    assert!((head / full - 1.0).abs() < 1e-6, "the head's rate is not the backbone's");
}

#[test]
fn images_are_normalised_as_the_weights_expect() {
    let (trained, notes) = run(&epochs(1, resnet20("")), Isa::chosen().unwrap());
    let written = bytes(&trained);
    let json: serde_json::Value = serde_json::from_slice(&written[1]).unwrap();
    expect![[r#"{"mean":[0.485,0.456,0.406],"sd":[0.229,0.224,0.225]}"#]]
        .assert_eq(&json["normalization"].to_string());
    expect![[r#"
        resnet20's weights have no head of one logit: a fresh one is trained
        resnet20's weights expect mean [0.485, 0.456, 0.406] and sd [0.229, 0.224, 0.225]: used instead of the data set's"#]]
    .assert_eq(&notes.join("\n"));
    assert!(!String::from_utf8(written[1].clone()).unwrap().contains("shared"), "no path is kept");
}

#[test]
fn efficientnet_lite0_learns_a_head_on_its_published_weights() {
    let weights = format!("{WEIGHTS}/efficientnet_lite0_imagenet.safetensors");
    let toml = format!(
        "model = {{ efficientnet_lite0 = {{ weights = '{weights}', freeze = 'backbone' }} }}\nepochs = 1"
    );
    let (trained, _) = run(&training(&toml), Isa::chosen().unwrap());
    let (now, before) = (tensors(&bytes(&trained)[0]), tensors(&std::fs::read(weights).unwrap()));
    for (name, values) in now.iter().filter(|(name, _)| !name.starts_with("_fc.")) {
        assert_eq!(values, &before[name], "{name}");
    }
    assert_eq!(now["_fc.weight"].len(), 4 * 1280);
}

#[test]
fn our_own_weights_are_taken_head_and_all() {
    let (trained, _) = run(&epochs(1, resnet20("")), Isa::chosen().unwrap());
    let folder = tempfile::tempdir().unwrap();
    trained.write(folder.path()).unwrap();
    let file = folder.path().join("model.safetensors");
    let again = training(&format!(
        "model = {{ resnet20 = {{ weights = '{}' }} }}\nepochs = 1",
        file.display()
    ));
    let (_folder, data) = patches(20, 6);
    let cx = Compute::new(Isa::chosen().unwrap());
    let normalization = trained.network.description().normalization;
    let input = Shape::new(SIDE, SIDE, 3);
    let mut trainer = Trainer::new(cx, &again, input, normalization).unwrap();
    let rows: Vec<usize> = (0..20).collect();
    let batch = Batches::in_order(&data, rows.clone(), 20).epoch(0).next().unwrap();
    let ours = trainer.infer(&batch).unwrap();
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    let expected = trained.network.predict(&data, &rows, 20, go_on).unwrap();
    for (logit, probability) in ours.iter().zip(expected) {
        assert!((1.0 / (1.0 + (-logit).exp()) - probability).abs() < 1e-6);
    }
    let (_, notes) = run(&again, Isa::chosen().unwrap());
    assert!(!notes.iter().any(|note| note.contains("head")), "the head is theirs: {notes:?}");
}

/// A ResNet-20 from scratch for one epoch; the note of one that goes on with its weights on other
/// data, and what that one's description says.
fn going_on(first: &Normalize, then: &Normalize) -> (Vec<String>, String) {
    let data = |normalize| normalised(SIDE, (20, 6), normalize, |_, label| label);
    let train = |toml: &str, data: &Dataset| {
        let training = training(&format!("model = {toml}\nbatch_size = 10\nepochs = 1"));
        let cx = Compute::new(Isa::chosen().unwrap());
        let mut log = Log::default();
        (fit_on(cx, &training, data, &score, None, &mut log).unwrap(), log.notes)
    };
    let folder = tempfile::tempdir().unwrap();
    let (_first, data_before) = data(first);
    let (_then, data_after) = data(then);
    train("'resnet20'", &data_before).0.write(folder.path()).unwrap();
    let weights = folder.path().join("model.safetensors");
    let toml = format!("{{ resnet20 = {{ weights = '{}' }} }}", weights.display());
    let (trained, notes) = train(&toml, &data_after);
    let said = trained.network.description().normalization;
    (notes, serde_json::to_string(&said).unwrap())
}

#[test]
fn our_own_weights_say_how_their_images_were_normalised() {
    let given = Normalize::Explicit(Normalization { mean: [0.1, 0.2, 0.7], sd: [0.3, 0.25, 0.2] });
    let (notes, said) = going_on(&given, &Normalize::None);
    expect![[r#"{"mean":[0.1,0.2,0.7],"sd":[0.3,0.25,0.2]}"#]].assert_eq(&said);
    expect!["resnet20's weights expect mean [0.1, 0.2, 0.7] and sd [0.3, 0.25, 0.2]: used instead of the data set's"]
        .assert_eq(&notes.join("\n"));
    let (notes, said) = going_on(&Normalize::None, &given);
    expect!["null"].assert_eq(&said);
    expect!["resnet20's weights expect bytes scaled to 0..1: used instead of the data set's"]
        .assert_eq(&notes.join("\n"));
    let (notes, _) = going_on(&given, &given);
    expect![""].assert_eq(&notes.join("\n"));
}

/// A file may say what it likes.
#[test]
fn a_normalisation_that_cannot_be_is_refused() {
    let (trained, _) = run(&epochs(1, resnet20("")), Isa::chosen().unwrap());
    let weights = bytes(&trained).remove(0);
    let tensors = SafeTensors::deserialize(&weights).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.safetensors");
    for said in ["{\"mean\":[0,0,0],\"sd\":[1,0,1]}", "[1]", "{\"mean\":[0,0,0],\"sd\":[1,1e99,1]}"]
    {
        let metadata = std::collections::HashMap::from([("normalization".into(), said.into())]);
        let odd = safetensors::serialize(tensors.iter(), Some(metadata)).unwrap();
        std::fs::write(&path, odd).unwrap();
        let toml = format!("model = {{ resnet20 = {{ weights = '{}' }} }}", path.display());
        let cx = Compute::new(Isa::chosen().unwrap());
        let refused = Trainer::new(cx, &training(&toml), Shape::new(SIDE, SIDE, 3), None);
        let expected = format!(
            "{}: its metadata say `normalization` is {said}, not three means and three sds above 0",
            path.display()
        );
        assert_eq!(refused.err().unwrap().to_string(), expected);
    }
}

const THAWING: &str = ", freeze = 4, unfreeze_after = 1, rates = { backbone = 0.1 }";

#[test]
fn the_same_bits_on_every_instruction_set() {
    let training = epochs(2, resnet20(THAWING));
    let expected = bytes(&run(&training, Isa::named("scalar").unwrap()).0);
    for isa in Isa::available() {
        assert!(bytes(&run(&training, isa).0) == expected, "{isa:?}");
    }
}

/// 3 training batches and 1 of validation an epoch.
#[test]
fn the_same_bits_when_resumed_from_each_epoch() {
    let training = resnet20(THAWING);
    let whole = bytes(&run(&training, Isa::chosen().unwrap()).0);
    let (_folder, data) = patches(20, 6);
    for stop_after in [2, 6, 10] {
        let scratch = tempfile::tempdir().unwrap();
        let cx = || Compute::new(Isa::chosen().unwrap());
        let mut log = Log { stop_after: Some(stop_after), ..Log::default() };
        let stopped = fit_on(cx(), &training, &data, &score, Some(scratch.path()), &mut log);
        assert!(matches!(stopped, Err(NnError::Interrupted)));
        let done = log.epochs.len();
        let mut log = Log::default();
        let trained =
            fit_on(cx(), &training, &data, &score, Some(scratch.path()), &mut log).unwrap();
        assert_eq!(log.epochs, (done + 1..=3).collect::<Vec<_>>());
        assert_eq!(done, stop_after / 4, "each epoch has had its turn");
        assert!(bytes(&trained) == whole, "resumed after epoch {done}");
    }
}

#[test]
fn settings_that_cannot_be_are_told_with_their_place() {
    let refused = |model: &str| {
        let training = training(&format!("model = {{ {model} }}"));
        let fault = training.faults().remove(0);
        format!("{}: {}; {}", fault.place, fault.message, fault.help.unwrap_or_default())
    };
    expect![[r#"model.resnet20.freeze: resnet20 has 10 blocks before its head, of which 11 cannot be frozen; give at most 10; `"backbone"` freezes them all"#]]
        .assert_eq(&refused("resnet20 = { freeze = 11 }"));
    expect![[r#"model.resnet18.unfreeze_after: `unfreeze_after` without `freeze`: nothing is frozen; add `freeze = "backbone"`"#]]
        .assert_eq(&refused("resnet18 = { unfreeze_after = 2 }"));
    expect!["model.resnet18.rates.backbone: the backbone's share of the learning rate is 0, and must be above 0; "]
        .assert_eq(&refused("resnet18 = { rates = { backbone = 0.0 } }"));
    expect!["model.resnet18.classifier: resnet18 was published without hidden layers before its logit; only VGG has them: leave `classifier` out"]
        .assert_eq(&refused("resnet18 = { classifier = 'hidden' }"));
    expect!["model.vgg11_bn.freeze: vgg11_bn has 7 blocks before its head, of which 8 cannot be frozen; give at most 7; `\"backbone\"` freezes them all"]
        .assert_eq(&refused("vgg11_bn = { classifier = 'hidden', freeze = 8 }"));
}

/// Three heads' worth of settings, but one backbone.
#[test]
fn a_head_trained_on_features_has_the_bits_of_one_trained_on_images() {
    use microtome::nn::{Features, Model, fit_features};
    let (folder, data) = patches(20, 6);
    for settings in [", freeze = 'backbone'", ", freeze = 'backbone', dropout = 0.5"] {
        let training = resnet20(settings);
        let whole = fit_on(
            Compute::new(Isa::chosen().unwrap()),
            &training,
            &data,
            &score,
            None,
            &mut Log::default(),
        )
        .unwrap();
        let Model::Preset(preset) = &training.model else { unreachable!() };
        let path = folder.path().join("features.safetensors");
        let mut seen = 0;
        let progress = &mut |done| {
            seen = done;
            std::ops::ControlFlow::Continue(())
        };
        Features::compute(preset, &data, &path, progress).unwrap();
        assert_eq!(seen, 26);
        let features = Features::open(&path).unwrap();
        assert_eq!((features.len(), features.shape()), (26, Shape::new(1, 1, 64)));
        let head =
            fit_features(&training, (&data, features), &score, None, &mut Log::default()).unwrap();
        assert!(bytes(&head) == bytes(&whole), "{settings}");
    }
}

#[test]
fn features_of_other_images_are_refused() {
    use microtome::nn::{Features, Model, fit_features};
    let (folder, data) = patches(20, 6);
    let (_other, more) = patches(21, 6);
    let training = resnet20(", freeze = 'backbone'");
    let Model::Preset(preset) = &training.model else { unreachable!() };
    let path = folder.path().join("features.safetensors");
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    Features::compute(preset, &data, &path, go_on).unwrap();
    let features = Features::open(&path).unwrap();
    let problem = fit_features(&training, (&more, features), &score, None, &mut Log::default());
    expect!["features of 26 images, 1×1×64 each, are not those of this data set and network"]
        .assert_eq(&problem.err().unwrap().to_string());
}
