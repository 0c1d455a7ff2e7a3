//! What PyTorch computed for the networks that we rebuild: `networks/*.safetensors`, written by
//! `networks.py`, and the formula of weights and images that both sides follow (`formula.py`).

pub mod formula;

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;

/// How batch norm normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By its running statistics.
    Eval,
    /// By the statistics of the batch.
    Train,
}

/// Figures of a network, in double precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// One for each of the four images.
    pub logits: Vec<f64>,
    /// Mean binary cross-entropy.
    pub loss: f64,
    /// By the parameter's name.
    pub gradients: HashMap<String, Gradient>,
}

/// What is kept of a parameter's gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// The root of the sum of squares.
    pub norm: f64,
    /// The largest magnitude.
    pub max: f64,
    /// The elements at [`formula::places`].
    pub samples: Vec<f64>,
    /// How far PyTorch's single precision is from its double precision, relative to `norm`.
    pub rounding: f64,
}

/// A file of figures.
pub struct Reference {
    bytes: Vec<u8>,
    /// PyTorch's names.
    pub parameters: Vec<String>,
    /// Height and width of the images.
    pub side: usize,
    /// The salts of the images of [`Mode::Eval`] and [`Mode::Train`].
    salts: [usize; 2],
}

impl Reference {
    /// The committed figures of a network.
    pub fn of(network: &str) -> Reference {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nn/reference/networks");
        Reference::read(&folder.join(format!("{network}.safetensors")))
    }

    /// The figures of a file.
    pub fn read(path: &Path) -> Reference {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (_, about) = SafeTensors::read_metadata(&bytes).unwrap();
        let about = about.metadata().clone().unwrap();
        let number = |name: &str| about[name].parse().unwrap();
        let parameters = about["parameters"].lines().map(str::to_owned).collect();
        let salts = [number("eval.salt"), number("train.salt")];
        Reference { parameters, side: number("side"), salts, bytes }
    }

    /// Four images of a mode, n × side × side × 3 bytes, and their labels.
    pub fn batch(&self, mode: Mode) -> (Vec<u8>, Vec<u8>) {
        let salt = self.salts[mode as usize];
        (formula::images(salt, 4, self.side, self.side), vec![0, 1, 0, 1])
    }

    /// A tensor of a mode: `norm`, or of a whole file `gradient.NAME`.
    pub fn doubles(&self, mode: Mode, what: &str) -> Vec<f64> {
        let mode = match mode {
            Mode::Eval => "eval",
            Mode::Train => "train",
        };
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = tensors.tensor(&format!("{mode}.{what}")).unwrap();
        let eight = tensor.data().chunks_exact(8);
        eight.map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
    }

    /// What was computed in a mode.
    pub fn figures(&self, mode: Mode) -> Figures {
        let read = |what: &str| self.doubles(mode, what);
        let (norm, max, samples) = (read("norm"), read("max"), read("samples"));
        let rounding = read("rounding");
        let gradient = |(i, name): (usize, &String)| {
            let samples = samples[i * formula::SAMPLES..][..formula::SAMPLES].to_vec();
            let gradient = Gradient { norm: norm[i], max: max[i], samples, rounding: rounding[i] };
            (name.clone(), gradient)
        };
        let gradients = self.parameters.iter().enumerate().map(gradient).collect();
        Figures { logits: read("logits"), loss: read("loss")[0], gradients }
    }
}

#[test]
fn a_file_holds_the_figures_of_a_network() {
    let reference = Reference::of("basic_cnn");
    assert_eq!(reference.side, 96);
    assert_eq!(reference.parameters[..3], ["conv1.weight", "conv1.bias", "conv2.weight"]);
    let (eval, train) = (reference.figures(Mode::Eval), reference.figures(Mode::Train));
    assert_eq!(eval, train, "without batch norm the modes are one");
    let loss = |(logit, label): (&f64, f64)| (1.0 + logit.exp()).ln() - logit * label;
    let mean = eval.logits.iter().zip([0.0, 1.0, 0.0, 1.0]).map(loss).sum::<f64>() / 4.0;
    assert!((mean - eval.loss).abs() < 1e-12, "{mean} {}", eval.loss);
    for (name, gradient) in &eval.gradients {
        let largest = gradient.samples.iter().fold(0f64, |largest, g| largest.max(g.abs()));
        assert!(largest <= gradient.max && gradient.max <= gradient.norm, "{name}: {gradient:?}");
    }
}
