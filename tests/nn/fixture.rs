//! A small data set that a network can learn, and a watcher that remembers.

use std::ops::ControlFlow;

use microtome::data::random::Random;
use microtome::data::{Dataset, Normalize, Row, Split, Writer};
use microtome::nn::{
    Compute, Epoch, NnError, Scores, Trained, Training, fit_on, kernels::isa::Isa,
};

/// The side of an image.
pub const SIDE: usize = 12;

/// `train` and then `valid` noisy images: class 1 is brighter in its middle. Every third image of
/// the validation split has the wrong label, so that no network is perfect there.
pub fn patches(train: usize, valid: usize) -> (tempfile::TempDir, Dataset) {
    labelled(train, valid, |_, label| label)
}

/// [`patches`] with other labels: those of image `i` that would have had `label`.
pub fn labelled(
    train: usize,
    valid: usize,
    relabel: impl Fn(usize, u8) -> u8,
) -> (tempfile::TempDir, Dataset) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), "synthetic", SIDE, SIDE).unwrap();
    for i in 0..train + valid {
        let mut random = Random::new(1, "patches", 0, i as u64);
        let bright = i % 2 == 1;
        let mut pixels = Vec::new();
        for p in 0..SIDE * SIDE * 3 {
            let (y, x) = (p / 3 / SIDE, p / 3 % SIDE);
            let middle = (4..8).contains(&y) && (4..8).contains(&x);
            pixels.push(random.below(120) as u8 + if bright && middle { 90 } else { 40 });
        }
        let split = if i < train { Split::Train } else { Split::Valid };
        let label = u8::from(bright ^ (i >= train && i % 3 == 0));
        let row = Row {
            id: i.to_string(),
            label: Some(relabel(i, label)),
            group: i.to_string(),
            split: Some(split),
            ..Row::default()
        };
        writer.push(row, &pixels).unwrap();
    }
    let data = writer.finish(&Normalize::Dataset).unwrap();
    (folder, data)
}

/// A training as users write it.
pub fn training(toml: &str) -> Training {
    toml::from_str(toml).unwrap()
}

/// A network with every kind of layer, odd channel counts and a batch that does not divide the data.
pub fn every_layer() -> Training {
    training(
        r#"
        model = { layers = [
            { conv = 5 }, "batch_norm", "relu", { max_pool = 2 },
            { conv = { filters = 33, stride = 2, bias = false } }, "relu", { avg_pool = { size = 2, stride = 1 } },
            { dropout = 0.25 }, "flatten", { dense = 7 }, "relu", { dense = 1 } ] }
        augment = ["flip", "rotate90"]
        batch_size = 7
        epochs = 3
        seed = 4
        "#,
    )
}

/// Accuracy, and the area under the ROC curve by counting pairs.
pub fn score(probabilities: &[f32], labels: &[u8]) -> Scores {
    let right =
        probabilities.iter().zip(labels).filter(|(p, l)| (**p >= 0.5) == (**l == 1)).count();
    let of = |class| {
        probabilities.iter().zip(labels).filter(move |(_, l)| **l == class).map(|(p, _)| *p)
    };
    let (mut won, mut pairs) = (0.0, 0.0);
    for positive in of(1) {
        for negative in of(0) {
            pairs += 1.0;
            won += if positive > negative {
                1.0
            } else if positive == negative {
                0.5
            } else {
                0.0
            };
        }
    }
    Scores { accuracy: right as f64 / labels.len() as f64, auc: (pairs > 0.0).then(|| won / pairs) }
}

/// Remembers what it is told; stops after so many calls of `step`.
#[derive(Default)]
pub struct Log {
    pub steps: Vec<(usize, usize)>,
    pub epochs: Vec<usize>,
    pub notes: Vec<String>,
    pub stop_after: Option<usize>,
}

impl microtome::nn::Watch for Log {
    fn step(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self.steps.push((done, total));
        if self.stop_after == Some(self.steps.len()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()> {
        self.epochs.push(epoch.epoch);
        ControlFlow::Continue(())
    }
    fn note(&mut self, odd: &str) {
        self.notes.push(odd.to_owned());
    }
}

/// Trains with nobody watching.
pub fn fit(training: &Training, data: &Dataset) -> Result<Trained, NnError> {
    let cx = Compute::new(Isa::chosen().unwrap());
    fit_on(cx, training, data, &score, None, &mut Log::default())
}

/// The bytes of `model.safetensors`, `model.json`, `history.csv` and `README.md`.
pub fn bytes(trained: &Trained) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    trained.write(folder.path()).unwrap();
    ["model.safetensors", "model.json", "history.csv", "README.md"]
        .map(|name| std::fs::read(folder.path().join(name)).unwrap())
        .into()
}
