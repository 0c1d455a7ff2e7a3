//! Networks of every family with random weights, images, and the probabilities that we give them:
//! `target/tmp/onnx/<family>/` for `check.py`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use microtome::data::random::Random;
use microtome::data::{Dataset, Normalize, Row, Split, Writer};
use microtome::nn::Network;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::fixture::{fit, training};

/// Small images, as whole networks are trained for a step; large enough for five halvings.
const PRESETS: [&str; 9] = [
    "basic_cnn",
    "bn_cnn",
    "vgg11",
    "vgg11_bn",
    "resnet18",
    "resnet50",
    "resnet20",
    "efficientnet_lite0",
    "densenet121",
];

/// Every layer with every setting; sides of the images that nothing divides.
const LAYERS: [(&str, (usize, usize), &str); 4] = [
    ("layers", (23, 30), super::LAYERS),
    (
        "padding",
        (41, 46),
        r#"[ { conv = { filters = 5, kernel = 4, stride = 3, padding = "tf_same" } }, "relu",
             { conv = { filters = 6, kernel = 2 } }, "batch_norm",
             { conv = { filters = 7, kernel = 5, stride = 2, padding = 3 } }, "relu6",
             { conv = { filters = 8, stride = 2 } },
             { avg_pool = { size = 3, stride = 2, padding = 1 } }, "flatten", "batch_norm",
             { dense = { units = 6, bias = false } }, "relu", { dense = 1 } ]"#,
    ),
    (
        "dilation_and_groups",
        (37, 44),
        r#"[ { conv = { filters = 12, dilation = 2, stride = 2 } }, "relu",
             { conv = { filters = 12, groups = 12, dilation = 3 } }, "batch_norm", "relu6",
             { conv = { filters = 18, groups = 3, kernel = 5, stride = 2, padding = "tf_same" } },
             { conv = { filters = 9, kernel = 2, dilation = 3, padding = 0 } }, "relu",
             { avg_pool = 2 }, "global_avg_pool", { dense = 1 } ]"#,
    ),
    (
        "blocks",
        (17, 15),
        r#"[ { conv = 6 }, "relu",
             { residual = { layers = [{ conv = { filters = 10, stride = 2 } }, "batch_norm"],
                            shortcut = [{ conv = { filters = 10, kernel = 1, stride = 2 } }] } },
             { parallel = [[], [{ conv = 4 }, "relu"],
                           [{ max_pool = { size = 3, stride = 1, padding = 1 } }]] },
             { residual = { layers = ["flatten", { dense = 24 }],
                            shortcut = ["global_avg_pool"] } },
             "batch_norm", { residual = ["flatten", "relu", { dense = 24 }] },
             { conv = { filters = 5, kernel = 1 } }, "relu", { dense = 1 } ]"#,
    ),
];

#[test]
#[ignore = "writes networks for tests/nn/onnx/check.py; run by .ci/run"]
fn written_for_onnxruntime() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("onnx");
    let _ = std::fs::remove_dir_all(&folder);
    for name in PRESETS {
        write(&folder.join(name), &format!("\"{name}\""), (64, 64), &Normalize::Dataset);
    }
    for (name, size, layers) in LAYERS {
        let model = format!("{{ layers = {layers} }}");
        write(&folder.join(name), &model, size, &Normalize::Dataset);
    }
    let plain = "{ layers = ['flatten', { dense = 1 }] }";
    write(&folder.join("not_normalized"), plain, (5, 4), &Normalize::None);
}

/// A model's files, `images.safetensors` and `probabilities.json`.
fn write(folder: &Path, model: &str, size: (usize, usize), normalize: &Normalize) {
    std::fs::create_dir_all(folder).unwrap();
    let data = images(folder, size, normalize);
    let training = training(&format!("model = {model}\nepochs = 1\nbatch_size = 6"));
    fit(&training, &data).unwrap().write(folder).unwrap();
    let weights = folder.join("model.safetensors");
    let mut tensors = random(&weights);
    store(&weights, &tensors);
    spread_logits(&mut tensors, &probabilities(folder, &data));
    store(&weights, &tensors);
    let text = serde_json::to_string(&probabilities(folder, &data)).unwrap();
    std::fs::write(folder.join("probabilities.json"), text).unwrap();
}

/// Images that differ in colour, coarse and fine structure; the first two are trained with.
fn images(folder: &Path, (height, width): (usize, usize), normalize: &Normalize) -> Dataset {
    let mut writer = Writer::create(folder, "synthetic", height, width).unwrap();
    for i in 0..12 {
        let mut random = Random::new(5, "images", 0, i);
        let mut draw = |n| random.below(n) as usize;
        let colour = [draw(160), draw(160), draw(160)];
        let side = 1 + draw(8);
        let mut pixels = Vec::new();
        for (p, c) in (0..height * width).flat_map(|p| (0..3).map(move |c| (p, c))) {
            let board = (p / width / side + p % width / side) % 2 * 40;
            pixels.push((colour[c] + board + draw(56)) as u8);
        }
        let split = if i < 2 { Split::Train } else { Split::Valid };
        let (id, label) = (i.to_string(), Some((i % 2) as u8));
        let row = Row { group: id.clone(), id, label, split: Some(split), ..Row::default() };
        writer.push(row, &pixels).unwrap();
    }
    writer.finish(normalize).unwrap()
}

fn probabilities(folder: &Path, data: &Dataset) -> Vec<f32> {
    let file = |name| folder.join(name);
    let network = Network::open(&file("model.safetensors"), &file("model.json")).unwrap();
    let rows: Vec<usize> = (0..12).collect();
    network.predict(data, &rows, 5, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Shapes and values by name.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Weights under which signals neither die nor explode, and statistics that are no identity, in
/// the shapes of a file.
fn random(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).unwrap();
    let like = SafeTensors::deserialize(&bytes).unwrap();
    let mut shapes: Vec<_> = like.iter().map(|(name, t)| (name, t.shape().to_vec())).collect();
    shapes.sort();
    let fill = |(index, (name, shape)): (usize, (&str, Vec<usize>))| {
        let fan_in: usize = shape[1..].iter().product();
        let (middle, spread) = match name.rsplit('.').next() {
            Some("running_mean") => (0.0, 0.3),
            Some("running_var") => (1.0, 0.5),
            Some("bias") => (0.0, 0.2),
            _ if shape.len() == 1 => (1.0, 0.3),
            // The head: probabilities from which its logits can be told.
            _ if shape[0] == 1 => (0.0, 1e-4),
            // He et al., 2015: keeps the variance of rectified sums.
            _ => (0.0, (6.0 / fan_in as f32).sqrt()),
        };
        let mut random = Random::new(6, "weights", 0, index as u64);
        let len = shape.iter().product::<usize>();
        let values = (0..len).map(|_| middle + spread * (2.0 * random.unit() - 1.0)).collect();
        (name.to_owned(), (shape, values))
    };
    shapes.into_iter().enumerate().map(fill).collect()
}

/// Scales and shifts the last layer so that probabilities are neither all alike nor all 0 or 1:
/// others would agree on those whatever they compute.
fn spread_logits(tensors: &mut Tensors, probabilities: &[f32]) {
    let logits: Vec<f32> = probabilities.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let mean = logits.iter().sum::<f32>() / logits.len() as f32;
    let square = logits.iter().map(|logit| (logit - mean).powi(2)).sum::<f32>();
    let sd = (square / logits.len() as f32).sqrt();
    let head = tensors.iter().find(|(_, (shape, _))| shape.len() == 2 && shape[0] == 1).unwrap();
    let bias = head.0.replace(".weight", ".bias");
    let weight = head.0.clone();
    tensors.get_mut(&bias).unwrap().1[0] -= mean;
    for name in [weight, bias] {
        tensors.get_mut(&name).unwrap().1.iter_mut().for_each(|value| *value *= 1.5 / sd);
    }
}

fn store(path: &Path, tensors: &Tensors) {
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}
