//! The networks that are timed, and batches for them.

use microtome::data::Batch;
use microtome::data::random::Random;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, Shape, Trainer, Training};

/// How networks are declared: the compared ones by their short names, presets by their own.
fn model(network: &str) -> &str {
    match network {
        "basic" => "basic_cnn",
        "bn" => "bn_cnn",
        preset => preset,
    }
}

/// A network in training with Adam at 1e-3, for square images.
pub fn trainer(network: &str, side: usize) -> Result<Trainer, String> {
    let toml = format!("model = \"{}\"\noptimizer = {{ adam = {{ lr = 1e-3 }} }}", model(network));
    let training: Training = toml::from_str(&toml).map_err(|e| e.to_string())?;
    let isa = Isa::chosen().map_err(|e| e.to_string())?;
    let input = Shape::new(side, side, 3);
    Trainer::new(Compute::new(isa), &training, input, None).map_err(|e| e.to_string())
}

/// Random images with labels 0, 1, 0, …
pub fn batch(images: usize, side: usize) -> Batch {
    let mut random = Random::new(0, "benchmark", 0, 0);
    let pixels = (0..images * side * side * 3).map(|_| random.below(256) as u8).collect();
    let labels = (0..images).map(|image| (image % 2) as u8).collect();
    Batch { pixels, labels, rows: (0..images).collect() }
}
