//! `microtome synth`: drawn tissue to try things on.

use super::{Exit, Failure, print, progress::bar_of};
use crate::stages::{KaggleFolder, write_kaggle};
use clap::Args;
use std::path::PathBuf;

/// Draw synthetic tissue as files, to try things at full size
///
/// The folder gets the layout of Kaggle's histopathologic-cancer-detection competition:
/// train/<id>.tif with train_labels.csv, test/<id>.tif with sample_submission.csv, each id the SHA-1
/// of its patch's pixels. Equal numbers and seeds give equal files; a patch takes 28 kB.
#[derive(Args)]
pub struct Synth {
    /// The folder to write, which must not be there or be empty
    #[arg(long, value_name = "DIR")]
    kaggle: PathBuf,
    /// Labelled patches; Kaggle has 220025
    #[arg(short, long, value_name = "N", default_value_t = 1000)]
    n: usize,
    /// Patches without labels; Kaggle has 57458
    #[arg(long, value_name = "N", default_value_t = 0)]
    test: usize,
    /// Seeds the generator
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl Synth {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let patches = KaggleFolder { train: self.n, test: self.test, seed: self.seed };
        let bar = bar_of((self.n + self.test) as u64, "patches");
        let tell = |done: usize, _| bar.set_position(done as u64);
        let written = write_kaggle(&self.kaggle, patches, &tell);
        bar.finish_and_clear();
        written.map_err(|error| Failure::new(Exit::Failed, super::with_help(&error)))?;
        let folder = self.kaggle.display();
        print(&format!("wrote {folder}: {} labelled patches, {} without", self.n, self.test));
        Ok(Exit::Done)
    }
}
