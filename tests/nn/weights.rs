//! Files of weights that do not do: whole messages, and nothing worse than a message.

use expect_test::{Expect, expect};
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, Shape, Trainer};

use crate::fixture::training;
use crate::transfer::WEIGHTS;

/// What is said of a file as weights of `architecture`.
fn said(architecture: &str, path: &str) -> String {
    let toml = format!("model = {{ {architecture} = {{ weights = '{path}' }} }}");
    let cx = Compute::new(Isa::chosen().unwrap());
    match Trainer::new(cx, &training(&toml), Shape::new(32, 32, 3), None) {
        Ok(_) => "fine".into(),
        Err(error) => error.to_string(),
    }
}

fn of_published(architecture: &str, file: &str, expected: Expect) {
    let path = format!("{WEIGHTS}/{file}");
    expected.assert_eq(&said(architecture, &path).replace(&format!("{WEIGHTS}/"), ""));
}

#[test]
fn weights_of_another_architecture() {
    of_published("resnet20", "resnet20_cifar10.safetensors", expect!["fine"]);
    of_published("efficientnet_lite0", "efficientnet_lite0_imagenet.safetensors", expect!["fine"]);
    of_published(
        "resnet18",
        "resnet20_cifar10.safetensors",
        expect![[r#"
        resnet20_cifar10.safetensors: these are not weights of resnet18
          missing: `layer2.0.downsample.0.weight`, `layer2.0.downsample.1.weight`, `layer2.0.downsample.1.bias`, `layer3.0.downsample.0.weight`, `layer3.0.downsample.1.weight`, `layer3.0.downsample.1.bias`, `layer4.0.conv1.weight`, `layer4.0.bn1.weight`, `layer4.0.bn1.bias`, `layer4.0.conv2.weight` and 25 more
          extra: `layer1.2.bn1.bias`, `layer1.2.bn1.running_mean`, `layer1.2.bn1.running_var`, `layer1.2.bn1.weight`, `layer1.2.bn2.bias`, `layer1.2.bn2.running_mean`, `layer1.2.bn2.running_var`, `layer1.2.bn2.weight`, `layer1.2.conv1.weight`, `layer1.2.conv2.weight` and 22 more
          misshapen: `conv1.weight` is [16, 3, 3, 3], not [64, 3, 7, 7], `bn1.weight` is [16], not [64], `bn1.bias` is [16], not [64], `layer1.0.conv1.weight` is [16, 16, 3, 3], not [64, 64, 3, 3], `layer1.0.bn1.weight` is [16], not [64], `layer1.0.bn1.bias` is [16], not [64], `layer1.0.conv2.weight` is [16, 16, 3, 3], not [64, 64, 3, 3], `layer1.0.bn2.weight` is [16], not [64], `layer1.0.bn2.bias` is [16], not [64], `layer1.1.conv1.weight` is [16, 16, 3, 3], not [64, 64, 3, 3] and 55 more
          they fit resnet20: write `resnet20`"#]],
    );
    of_published(
        "resnet20",
        "efficientnet_lite0_imagenet.safetensors",
        expect![[r#"
        efficientnet_lite0_imagenet.safetensors: these are not weights of resnet20
          missing: `conv1.weight`, `bn1.weight`, `bn1.bias`, `layer1.0.conv1.weight`, `layer1.0.bn1.weight`, `layer1.0.bn1.bias`, `layer1.0.conv2.weight`, `layer1.0.bn2.weight`, `layer1.0.bn2.bias`, `layer1.1.conv1.weight` and 85 more
          extra: `_blocks.0._bn1.bias`, `_blocks.0._bn1.running_mean`, `_blocks.0._bn1.running_var`, `_blocks.0._bn1.weight`, `_blocks.0._bn2.bias`, `_blocks.0._bn2.running_mean`, `_blocks.0._bn2.running_var`, `_blocks.0._bn2.weight`, `_blocks.0._depthwise_conv.weight`, `_blocks.0._project_conv.weight` and 237 more
          they fit efficientnet_lite0: write `efficientnet_lite0`"#]],
    );
    of_published(
        "resnet32",
        "resnet20_cifar10.safetensors",
        expect![[r#"
        resnet20_cifar10.safetensors: these are not weights of resnet32
          missing: `layer1.3.conv1.weight`, `layer1.3.bn1.weight`, `layer1.3.bn1.bias`, `layer1.3.conv2.weight`, `layer1.3.bn2.weight`, `layer1.3.bn2.bias`, `layer1.4.conv1.weight`, `layer1.4.bn1.weight`, `layer1.4.bn1.bias`, `layer1.4.conv2.weight` and 50 more
          they fit resnet20: write `resnet20`"#]],
    );
}

/// A header and as many zeros.
fn file(header: &str, zeros: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + zeros, 0);
    bytes
}

fn of_bytes(bytes: &[u8], expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let said = said("resnet20", &path.display().to_string());
    let said = said.replace(&format!("{}/", folder.path().display()), "");
    expected.assert_eq(said.split("\n  missing").next().unwrap());
}

#[test]
fn a_damaged_file() {
    let whole = std::fs::read(format!("{WEIGHTS}/resnet20_cifar10.safetensors")).unwrap();
    of_bytes(
        &[],
        expect![
            "w.safetensors: not a whole safetensors file (header too small): download it again"
        ],
    );
    of_bytes(
        &whole[..5],
        expect![
            "w.safetensors: not a whole safetensors file (header too small): download it again"
        ],
    );
    of_bytes(
        &whole[..100],
        expect![
            "w.safetensors: not a whole safetensors file (invalid header length): download it again"
        ],
    );
    of_bytes(
        &whole[..whole.len() - 1],
        expect![
            "w.safetensors: not a whole safetensors file (incomplete metadata, file not fully covered): download it again"
        ],
    );
    of_bytes(
        &[u64::MAX.to_le_bytes().as_slice(), b"{}"].concat(),
        expect![
            "w.safetensors: not a whole safetensors file (header too large): download it again"
        ],
    );
    of_bytes(
        &[99_000_000u64.to_le_bytes().as_slice(), b"{}"].concat(),
        expect![
            "w.safetensors: not a whole safetensors file (invalid header length): download it again"
        ],
    );
    of_bytes(
        &file("{", 0),
        expect![
            "w.safetensors: not a whole safetensors file (invalid JSON in header: EOF while parsing an object at line 1 column 1): download it again"
        ],
    );
    of_bytes(
        &file(&"[".repeat(100_000), 0),
        expect![
            "w.safetensors: not a whole safetensors file (invalid JSON in header: invalid type: sequence, expected struct HashMetadata at line 1 column 0): download it again"
        ],
    );
}

/// VGG-11's convolutions without its hidden layers, as a network of pooled maps is kept.
#[test]
fn a_file_without_the_hidden_layers() {
    let (mut header, mut end, mut channels) = (Vec::new(), 0, 3);
    let mut add = |name: String, shape: &[usize]| {
        let from = end;
        end += 2 * shape.iter().product::<usize>();
        header.push(format!(
            r#""{name}":{{"dtype":"F16","shape":{shape:?},"data_offsets":[{from},{end}]}}"#
        ));
    };
    let widths = [64, 128, 256, 256, 512, 512, 512, 512];
    for (index, filters) in [0, 3, 6, 8, 11, 13, 16, 18].into_iter().zip(widths) {
        add(format!("features.{index}.weight"), &[filters, channels, 3, 3]);
        add(format!("features.{index}.bias"), &[filters]);
        channels = filters;
    }
    add("classifier.weight".into(), &[1, 512]);
    add("classifier.bias".into(), &[1]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, file(&format!("{{{}}}", header.join(",")), end)).unwrap();
    let said = |classifier: &str| {
        let toml = format!(
            "model = {{ vgg11 = {{ weights = '{}', classifier = '{classifier}' }} }}",
            path.display()
        );
        let cx = Compute::new(Isa::chosen().unwrap());
        match Trainer::new(cx, &training(&toml), Shape::new(32, 32, 3), None) {
            Ok(_) => "fine".into(),
            Err(error) => error.to_string().replace(&format!("{}/", folder.path().display()), ""),
        }
    };
    assert_eq!(said("pooled"), "fine");
    expect![[r#"
        w.safetensors: these are not weights of vgg11 with its hidden layers
          missing: `classifier.0.weight`, `classifier.0.bias`, `classifier.3.weight`, `classifier.3.bias`
          extra: `classifier.bias`, `classifier.weight`
          they fit vgg11 without them: leave `classifier` out"#]]
    .assert_eq(&said("hidden"));
}

#[test]
fn a_hostile_header() {
    let tensor = |name: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let of = |tensors: &[String]| file(&format!("{{{}}}", tensors.join(",")), 64);
    let half = tensor("a", "[8]", 0, 32);
    of_bytes(
        &of(&[half.clone(), tensor("b", "[12]", 16, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (invalid offset for tensor `b`): download it again"
        ],
    );
    of_bytes(
        &of(&[half.clone(), tensor("b", "[4]", 48, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (invalid offset for tensor `b`): download it again"
        ],
    );
    of_bytes(
        &of(&[tensor("a", "[16]", 0, 64), tensor("a", "[16]", 0, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (it has `a` twice): download it again"
        ],
    );
    of_bytes(
        &of(&[tensor("a", "[4294967296, 4294967296, 4294967296]", 0, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (overflow computing buffer size from shape and/or element type): download it again"
        ],
    );
    of_bytes(
        &of(&[tensor("a", "[1000000000000]", 0, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (invalid shape, data type, or offset for tensor): download it again"
        ],
    );
    of_bytes(
        &of(&[tensor("a", "[-1]", 0, 64)]),
        expect![
            "w.safetensors: not a whole safetensors file (invalid JSON in header: invalid value: integer `-1`, expected usize at line 1 column 56): download it again"
        ],
    );
    of_bytes(
        &of(&[tensor("a", "[16]", 64, 0)]),
        expect![
            "w.safetensors: not a whole safetensors file (invalid offset for tensor `a`): download it again"
        ],
    );
    of_bytes(
        &of(&[half, tensor("b", "[8]", 32, 64)]),
        expect!["w.safetensors: these are not weights of resnet20"],
    );
}

#[test]
fn a_value_that_is_not_finite() {
    let mut whole = std::fs::read(format!("{WEIGHTS}/resnet20_cifar10.safetensors")).unwrap();
    // The file's first tensor stands after its header.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    whole[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    of_bytes(
        &whole,
        expect!["w.safetensors: `conv1.weight` holds NaN: nothing can be learned from there"],
    );
}

#[test]
fn a_file_that_is_not_there() {
    expect!["/nowhere/w.safetensors: No such file or directory (os error 2)"]
        .assert_eq(&said("resnet20", "/nowhere/w.safetensors"));
}
