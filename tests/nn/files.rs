//! What a trained network leaves behind, and that it is the same network when opened again.

use std::ops::ControlFlow;

use expect_test::expect;
use microtome::data::{Dataset, Split};
use microtome::nn::{Network, Trained, read_history};
use safetensors::SafeTensors;

use crate::fixture::{bytes, every_layer, fit, patches, training};

fn predict(network: &Network, data: &Dataset, batch_size: usize) -> Vec<u32> {
    let rows = data.indices(Split::Train);
    let probabilities =
        network.predict(data, &rows, batch_size, &mut |_| ControlFlow::Continue(())).unwrap();
    probabilities.into_iter().map(f32::to_bits).collect()
}

fn trained() -> (tempfile::TempDir, Dataset, Trained) {
    let (folder, data) = patches(26, 6);
    let trained = fit(&every_layer(), &data).unwrap();
    (folder, data, trained)
}

#[test]
fn a_network_opened_again_predicts_the_same_bits() {
    let (_folder, data, trained) = trained();
    let folder = tempfile::tempdir().unwrap();
    trained.write(folder.path()).unwrap();
    let opened =
        Network::open(&folder.path().join("model.safetensors"), &folder.path().join("model.json"))
            .unwrap();
    assert_eq!(predict(&opened, &data, 8), predict(&trained.network, &data, 8));
    assert_eq!(opened.description(), trained.network.description());
    assert_eq!(read_history(&folder.path().join("history.csv")).unwrap(), trained.history);
}

#[test]
fn predictions_do_not_depend_on_the_batch_size() {
    let (_folder, data, trained) = trained();
    let expected = predict(&trained.network, &data, 1);
    assert_eq!(expected.len(), 26);
    for batch_size in [2, 5, 13, 26, 100] {
        assert_eq!(
            predict(&trained.network, &data, batch_size),
            expected,
            "batches of {batch_size}"
        );
    }
}

#[test]
fn names_and_shapes_are_those_of_pytorch() {
    let (_folder, _data, trained) = trained();
    let weights = &bytes(&trained)[0];
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let mut list: Vec<String> =
        tensors.iter().map(|(name, t)| format!("{name} {:?} {:?}", t.dtype(), t.shape())).collect();
    list.sort();
    expect![[r#"
        0.bias F32 [5]
        0.weight F32 [5, 3, 3, 3]
        1.bias F32 [5]
        1.running_mean F32 [5]
        1.running_var F32 [5]
        1.weight F32 [5]
        11.bias F32 [1]
        11.weight F32 [1, 7]
        4.weight F32 [33, 5, 3, 3]
        9.bias F32 [7]
        9.weight F32 [7, 132]"#]]
    .assert_eq(&list.join("\n"));
}

/// One pixel of one channel is set apart, so that the flatten order shows: PyTorch's is channel,
/// row, column.
#[test]
fn dense_weights_are_in_pytorchs_flatten_order() {
    let (_folder, data) = patches(8, 4);
    let toml = "model = { layers = ['flatten', { dense = { units = 1, bias = false } }] }\nepochs = 1\nseed = 2";
    let trained = fit(&training(toml), &data).unwrap();
    let weights = &bytes(&trained)[0];
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let weight: Vec<f64> = tensors
        .tensor("1.weight")
        .unwrap()
        .data()
        .chunks(4)
        .map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())))
        .collect();
    let normalization = data.normalization().unwrap();
    let pixels = data.height() * data.width();
    for (row, probability) in
        data.indices(Split::Train).into_iter().zip(predict(&trained.network, &data, 3))
    {
        let image = data.image(row);
        let value = |c: usize, p: usize| {
            (f64::from(image[p * 3 + c]) / 255.0 - f64::from(normalization.mean[c]))
                / f64::from(normalization.sd[c])
        };
        let logit: f64 = (0..3 * pixels).map(|i| weight[i] * value(i / pixels, i % pixels)).sum();
        let expected = 1.0 / (1.0 + (-logit).exp());
        assert!((f64::from(f32::from_bits(probability)) - expected).abs() < 1e-5, "{row}");
    }
}

#[test]
fn the_description_says_all_and_nothing_that_varies() {
    let (_folder, _data, trained) = trained();
    let written = bytes(&trained);
    let json: serde_json::Value = serde_json::from_slice(&written[1]).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    expect![[r#"["architecture", "best_epoch", "input", "metrics", "normalization", "parameters", "threshold"] 2574 0.5 3"#]].assert_eq(&format!("{keys:?} {} {} {}", json["parameters"], json["threshold"], json["best_epoch"]));
    let header = String::from_utf8(written[2].clone()).unwrap();
    expect!["epoch,lr,train_loss,train_accuracy,val_loss,val_accuracy,val_auc"]
        .assert_eq(header.lines().next().unwrap());
    let card = String::from_utf8(written[3].clone()).unwrap();
    expect!["# A classifier of histology patches"].assert_eq(card.lines().next().unwrap());
    let (_folder, _data, again) = self::trained();
    assert!(bytes(&again) == written);
}

#[test]
fn weights_of_another_model_are_refused() {
    let (_folder, _data, trained) = trained();
    let folder = tempfile::tempdir().unwrap();
    trained.write(folder.path()).unwrap();
    let (weights, description) =
        (folder.path().join("model.safetensors"), folder.path().join("model.json"));
    let open = || {
        let error = Network::open(&weights, &description).err().unwrap().to_string();
        error.replace(&folder.path().display().to_string(), "")
    };
    let text = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, text.replace("\"units\": 7", "\"units\": 8")).unwrap();
    expect!["/model.safetensors: `9.weight` is F32 [7, 132], not F32 [8, 132]; these weights do not belong to this model: train it again"].assert_eq(&open());
    std::fs::write(&description, "{}").unwrap();
    expect!["/model.json: not a model's description: missing field `architecture` at line 1 column 2; train it again"].assert_eq(&open());
    std::fs::remove_file(&description).unwrap();
    expect!["/model.json: No such file or directory (os error 2)"].assert_eq(&open());
}

#[test]
fn images_of_another_size_are_refused() {
    let (_folder, data, _) = trained();
    let folder = tempfile::tempdir().unwrap();
    let mut writer = microtome::data::Writer::create(folder.path(), "synthetic", 4, 6).unwrap();
    let row = microtome::data::Row { id: "a".into(), group: "a".into(), ..Default::default() };
    writer.push(row, &[0; 4 * 6 * 3]).unwrap();
    let other = writer.finish(&microtome::data::Normalize::None).unwrap();
    let network = fit(&every_layer(), &data).unwrap().network;
    let error = network.predict(&other, &[0], 1, &mut |_| ControlFlow::Continue(())).unwrap_err();
    expect!["the network takes images of 12×12 pixels, the data set has 4×6: preprocess it with `size = 12`"].assert_eq(&error.to_string());
}
