//! The outcome of a training: a network, its history, and the files that keep them.

use std::path::Path;

use super::description::Description;
use super::error::NnError;
use super::history::{Epoch, write_history};
use super::predict::Network;

/// A trained network with the history of its training.
pub struct Trained {
    /// The network, with the weights that are kept.
    pub network: Network,
    /// Every epoch, in order.
    pub history: Vec<Epoch>,
}

impl Trained {
    /// Writes `model.safetensors`, `model.json`, `history.csv` and `README.md` into `dir`, which
    /// exists. Equal trainings write equal bytes.
    pub fn write(&self, dir: &Path) -> Result<(), NnError> {
        let description = self.network.description();
        let weights = dir.join("model.safetensors");
        self.network.layers().write_weights(&weights, description.normalization)?;
        description.write(&dir.join("model.json"))?;
        write_history(&dir.join("history.csv"), &self.history)?;
        let path = dir.join("README.md");
        std::fs::write(&path, card(description, self.history.len())).map_err(NnError::write(path))
    }
}

/// A short model card (Mitchell et al., 2019, <https://arxiv.org/abs/1810.03993>).
fn card(description: &Description, epochs: usize) -> String {
    let Description { input, metrics, threshold, parameters, best_epoch, .. } = description;
    let mut layers = String::new();
    for (index, line) in description.summary().iter().enumerate() {
        layers.push_str(&format!("| {index} | `{}` |\n", line.name));
    }
    let normalization = match description.normalization {
        Some(n) => format!("`(byte / 255 - mean) / sd` with mean {:?} and sd {:?}", n.mean, n.sd),
        None => "`byte / 255`".to_owned(),
    };
    let auc = metrics
        .val_auc
        .map_or("not defined (one class only)".to_owned(), |auc| format!("{auc:.4}"));
    format!(
        "# A classifier of histology patches

Takes RGB images of {}×{} pixels, normalised by {normalization}, and gives the logit of class 1.
Its sigmoid is a probability; {threshold} and above means class 1.

It was trained for {epochs} epochs; these are the weights of epoch {best_epoch}, which had on the validation split:
loss {:.4}, accuracy {:.4}, AUC {auc}.

{parameters} parameters in these layers, whose numbers are the names in `model.safetensors` (PyTorch's layouts;
where `dense` follows `global_avg_pool`, PyTorch needs a `Flatten` between them):

| layer | |
|---|---|
{layers}
For research. It has been measured on data like its training data only, and is not a medical device.
",
        input.height, input.width, metrics.val_loss, metrics.val_accuracy
    )
}
