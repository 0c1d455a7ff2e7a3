//! Whatever gives probabilities: one network, or the mean of several. Knows nothing of where the
//! networks come from.

use std::ops::ControlFlow;

use super::error::NnError;
use super::predict::Network;
use super::shape::Shape;
use super::tta::Tta;
use crate::data::{Batches, Dataset, Symmetry};

/// One network or several, each with its name: the probability of an image is the mean of theirs.
pub struct Predictor {
    members: Vec<(String, Network)>,
}

impl Predictor {
    /// A predictor of one network is that network.
    pub fn of(name: impl Into<String>, network: Network) -> Predictor {
        Predictor { members: vec![(name.into(), network)] }
    }

    /// The mean of several networks, all of which take images of one size.
    ///
    /// # Errors
    /// [`NnError::Members`] if there is none, or if two take images of different sizes.
    pub fn mean_of(members: Vec<(String, Network)>) -> Result<Predictor, NnError> {
        let refuse = |problem: String| Err(NnError::Members { problem });
        let Some(((first, network), others)) = members.split_first() else {
            return refuse("there is no network among them".into());
        };
        let takes = network.input();
        match others.iter().find(|(_, other)| other.input() != takes) {
            Some((other, network)) => refuse(format!(
                "`{first}` takes images of {}×{} pixels, and `{other}` of {}×{}",
                takes.height,
                takes.width,
                network.input().height,
                network.input().width
            )),
            None => Ok(Predictor { members }),
        }
    }

    /// The networks with their names.
    pub fn members(&self) -> &[(String, Network)] {
        &self.members
    }

    /// The images that it takes.
    pub fn input(&self) -> Shape {
        // There is at least one member.
        self.members.first().map_or(Shape::new(0, 0, 0), |(_, network)| network.input())
    }

    /// Probabilities from here on mean class 1: the mean of the members' thresholds.
    pub fn threshold(&self) -> f64 {
        let each = self.members.iter().map(|(_, network)| network.description().threshold);
        each.sum::<f64>() / self.members.len().max(1) as f64
    }

    /// The probability of class 1 for each of `rows` (indices into `data`), in their order: the mean
    /// over the members and over the views of `tta`. It does not depend on `batch_size`. `progress`
    /// is told how many images are done, and may stop the work.
    ///
    /// # Errors
    /// [`NnError::Size`] if the images are of another size; [`NnError::Interrupted`].
    pub fn predict(
        &self,
        data: &Dataset,
        rows: &[usize],
        batch_size: usize,
        tta: Tta,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<f32>, NnError> {
        for (_, network) in &self.members {
            network.check_size(data)?;
        }
        let mut probabilities = Vec::with_capacity(rows.len());
        for batch in Batches::in_order(data, rows.to_vec(), batch_size).epoch(0) {
            probabilities.extend(self.probabilities(&batch.pixels, tta)?);
            if progress(probabilities.len()).is_break() {
                return Err(NnError::Interrupted);
            }
        }
        Ok(probabilities)
    }

    /// The probability of class 1 for each of n images, n×H×W×3 bytes of the size that it takes.
    ///
    /// # Errors
    /// [`NnError::Memory`].
    pub fn probabilities(&self, pixels: &[u8], tta: Tta) -> Result<Vec<f32>, NnError> {
        let Shape { height, width, .. } = self.input();
        let images = pixels.len() / self.input().len().max(1);
        let views = tta.views(height, width);
        // Added up in the order of views and members, in f64: of one view and one member the
        // mean is that probability itself, to the bit.
        let mut sums = vec![0.0f64; images];
        for &view in &views {
            let turned;
            let seen = match view {
                Symmetry::IDENTITY => pixels,
                view => {
                    turned = view.of(pixels, height, width);
                    &turned
                }
            };
            for (_, network) in &self.members {
                let each = network.probabilities(seen)?;
                sums.iter_mut().zip(each).for_each(|(sum, one)| *sum += f64::from(one));
            }
        }
        let count = (views.len() * self.members.len()) as f64;
        Ok(sums.into_iter().map(|sum| (sum / count) as f32).collect())
    }
}
