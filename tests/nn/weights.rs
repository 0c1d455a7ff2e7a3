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
    of_published("resnet18", "resnet20_cifar10.safetensors", expect![""]);
    of_published("resnet20", "efficientnet_lite0_imagenet.safetensors", expect![""]);
    of_published("resnet32", "resnet20_cifar10.safetensors", expect![""]);
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
    of_bytes(&[], expect![""]);
    of_bytes(&whole[..5], expect![""]);
    of_bytes(&whole[..100], expect![""]);
    of_bytes(&whole[..whole.len() - 1], expect![""]);
    of_bytes(&[u64::MAX.to_le_bytes().as_slice(), b"{}"].concat(), expect![""]);
    of_bytes(&[99_000_000u64.to_le_bytes().as_slice(), b"{}"].concat(), expect![""]);
    of_bytes(&file("{", 0), expect![""]);
    of_bytes(&file(&"[".repeat(100_000), 0), expect![""]);
}

#[test]
fn a_hostile_header() {
    let tensor = |name: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let of = |tensors: &[String]| file(&format!("{{{}}}", tensors.join(",")), 64);
    let half = tensor("a", "[8]", 0, 32);
    of_bytes(&of(&[half.clone(), tensor("b", "[12]", 16, 64)]), expect![""]);
    of_bytes(&of(&[half.clone(), tensor("b", "[4]", 48, 64)]), expect![""]);
    of_bytes(&of(&[tensor("a", "[16]", 0, 64), tensor("a", "[16]", 0, 64)]), expect![""]);
    of_bytes(&of(&[tensor("a", "[4294967296, 4294967296, 4294967296]", 0, 64)]), expect![""]);
    of_bytes(&of(&[tensor("a", "[1000000000000]", 0, 64)]), expect![""]);
    of_bytes(&of(&[tensor("a", "[-1]", 0, 64)]), expect![""]);
    of_bytes(&of(&[tensor("a", "[16]", 64, 0)]), expect![""]);
    of_bytes(&of(&[half, tensor("b", "[8]", 32, 64)]), expect![""]);
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
