//! Hands a data set out in batches, shuffled and augmented for training or in order otherwise.
//! What an epoch holds is a function of seed and epoch alone.

use rayon::prelude::*;

use super::augment::{self, Augment};
use super::dataset::Dataset;
use super::random::Random;

/// Some images of a data set, ready for a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// n×H×W×3 bytes.
    pub pixels: Vec<u8>,
    /// n labels, 0 or 1; an image without a label has 255.
    pub labels: Vec<u8>,
    /// n indices into the data set.
    pub rows: Vec<usize>,
}

/// The batches of any number of epochs.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    data: &'a Dataset,
    rows: Vec<usize>,
    batch_size: usize,
    shuffle: Option<Shuffle>,
}

#[derive(Clone, Debug)]
struct Shuffle {
    augment: Vec<Augment>,
    seed: u64,
}

impl<'a> Batches<'a> {
    /// For training: `rows` in an order and with augmentations that differ from epoch to epoch. The
    /// last batch may be smaller. A `batch_size` of 0 counts as 1.
    pub fn shuffled(
        data: &'a Dataset,
        rows: Vec<usize>,
        batch_size: usize,
        augment: &[Augment],
        seed: u64,
    ) -> Batches<'a> {
        let shuffle = Some(Shuffle { augment: augment.to_vec(), seed });
        Batches { data, rows, batch_size: batch_size.max(1), shuffle }
    }

    /// For validation and prediction: `rows` as they come, unchanged.
    pub fn in_order(data: &'a Dataset, rows: Vec<usize>, batch_size: usize) -> Batches<'a> {
        Batches { data, rows, batch_size: batch_size.max(1), shuffle: None }
    }

    /// The number of batches in an epoch.
    pub fn len(&self) -> usize {
        self.rows.len().div_ceil(self.batch_size)
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The batches of an epoch.
    pub fn epoch(&self, epoch: u64) -> impl Iterator<Item = Batch> + '_ {
        let mut rows = self.rows.clone();
        if let Some(shuffle) = &self.shuffle {
            Random::new(shuffle.seed, "shuffle", epoch, 0).shuffle(&mut rows);
        }
        let size = self.batch_size;
        (0..self.len()).map(move |batch| {
            self.batch(&rows[batch * size..rows.len().min((batch + 1) * size)], epoch)
        })
    }

    fn batch(&self, rows: &[usize], epoch: u64) -> Batch {
        // Each image is drawn for itself, so that threads do not matter.
        let views: Vec<Vec<u8>> = rows.par_iter().map(|&row| self.view(epoch, row)).collect();
        let labels = rows.iter().map(|&row| self.data.label(row).unwrap_or(255)).collect();
        Batch { pixels: views.concat(), labels, rows: rows.to_vec() }
    }

    /// An image as it is seen in an epoch. What chance changes is drawn for its place in the data
    /// set, so that it does not hang on the batch size.
    pub(super) fn view(&self, epoch: u64, row: usize) -> Vec<u8> {
        let image = self.data.image(row);
        match &self.shuffle {
            Some(Shuffle { augment, seed }) if !augment.is_empty() => {
                let mut random = Random::new(*seed, "augment", epoch, row as u64);
                let size = [self.data.height(), self.data.width()];
                let mut view = Vec::with_capacity(image.len());
                augment::view(augment, &mut random, image, size, &mut view);
                view
            }
            _ => image.to_vec(),
        }
    }
}
