//! `microtome predict`: a model's folder and images become probabilities. It is no stage: nothing
//! reads the result, and the images need not be known to any pipeline.

mod heatmap;
mod images;
mod order;
mod submission;

pub use crate::{data::OnBadImage, nn::Tta};
pub use images::Ids;

use super::open_predictor;
use crate::{
    data::{Picture, resize},
    engine::StageError,
    nn::{Predictor, Shape},
};
use heatmap::Slides;
use images::Images;
use order::{counted, lines};
use rayon::prelude::*;
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder of a model, a search or an ensemble.
    pub model: PathBuf,
    /// Files, folders, zip files; or the folder of one packed data set.
    pub images: Vec<PathBuf>,
    /// What ids are made of; by default a data set's own, or the stems of files.
    pub ids: Option<Ids>,
    /// A CSV file whose ids give the order.
    pub sample: Option<PathBuf>,
    pub tta: Tta,
    /// Images that are read and predicted at a time; results do not depend on it.
    pub batch: usize,
    /// Whether images that cannot be read are left out, or end the work when all are known.
    pub on_bad: OnBadImage,
    /// Where a heat map of each slide is drawn.
    pub heatmap: Option<PathBuf>,
}

/// A request whose model, images and order are known: nothing but the images is left to be read.
pub struct Prepared {
    request: Request,
    predictor: Predictor,
    images: Images,
    order: Vec<(String, usize)>,
    slides: Option<Slides>,
}

/// What became of a prediction.
#[derive(Debug)]
pub struct Predicted {
    /// Ids and probabilities of class 1, in the order of the submission.
    pub probabilities: Vec<(String, f32)>,
    /// Images that were left out, each with the reason.
    pub left_out: Vec<String>,
    /// Images that had another size than the network takes.
    pub resized: usize,
    /// The heat maps that were drawn.
    pub heatmaps: Vec<PathBuf>,
    /// Images that are on none of them, as their names tell no place.
    pub without_place: usize,
}

impl Request {
    /// Opens the model and lists the images.
    ///
    /// # Errors
    /// No model, no images, two images of one id, a sample that lists others, no place in any name.
    pub fn prepare(self) -> Result<Prepared, StageError> {
        let predictor = open_predictor(&self.model)?;
        let images = Images::open(&self.images)?;
        let order = order::order(&images, self.ids, self.sample.as_deref())?;
        let slides = match &self.heatmap {
            Some(_) => Some(Slides::of(order.iter().map(|(_, at)| (*at, images.name(*at))))?),
            None => None,
        };
        Ok(Prepared { request: self, predictor, images, order, slides })
    }
}

impl Prepared {
    /// How many images there are.
    pub fn images(&self) -> usize {
        self.order.len()
    }

    /// The images that the model takes.
    pub fn input(&self) -> Shape {
        self.predictor.input()
    }

    /// Reads and predicts all images, a batch at a time, and draws the heat maps. `progress` is
    /// told how many images are done.
    ///
    /// # Errors
    /// Images that cannot be read, all of them named, unless they are to be left out.
    pub fn run(mut self, progress: &mut dyn FnMut(usize)) -> Result<Predicted, StageError> {
        let mut done = Predicted {
            probabilities: Vec::with_capacity(self.order.len()),
            left_out: Vec::new(),
            resized: 0,
            heatmaps: Vec::new(),
            without_place: self.slides.as_ref().map_or(0, |slides| slides.without_place),
        };
        let order = std::mem::take(&mut self.order);
        for (batch, some) in order.chunks(self.request.batch.max(1)).enumerate() {
            self.predict(some, &mut done)?;
            progress(batch * self.request.batch.max(1) + some.len());
        }
        let left = done.left_out.len();
        if left > 0 && (self.request.on_bad == OnBadImage::Fail || left == order.len()) {
            let (left, total) = (counted(&done.left_out), order.len());
            let message = format!("{left} of {total} cannot be used:{}", lines(&done.left_out));
            let help = "repair or remove them, or leave them out with `--skip-bad`";
            return Err(StageError::new(message).with_help(help));
        }
        if let (Some(slides), Some(folder)) = (self.slides, &self.request.heatmap) {
            done.heatmaps = slides.draw(folder)?;
        }
        Ok(done)
    }

    /// One batch.
    fn predict(
        &mut self,
        some: &[(String, usize)],
        done: &mut Predicted,
    ) -> Result<(), StageError> {
        let Shape { height, width, .. } = self.predictor.input();
        let places: Vec<usize> = some.iter().map(|(_, at)| *at).collect();
        let (mut good, mut pictures) = (Vec::new(), Vec::new());
        for ((id, at), picture) in some.iter().zip(self.images.pictures(&places)) {
            match picture {
                Ok(picture) => {
                    done.resized += usize::from((picture.height, picture.width) != (height, width));
                    good.push((id, *at));
                    pictures.push(picture);
                }
                Err(why) => done.left_out.push(format!("{}: {why}", self.images.place(*at))),
            }
        }
        // Once it is clear that there will be no result, the rest is read only to be judged.
        if pictures.is_empty()
            || self.request.on_bad == OnBadImage::Fail && !done.left_out.is_empty()
        {
            return Ok(());
        }
        let fitted = |picture: Picture| resize(picture, height, width).pixels;
        let pixels: Vec<Vec<u8>> = pictures.into_par_iter().map(fitted).collect();
        let probabilities = self.predictor.probabilities(&pixels.concat(), self.request.tta)?;
        for (((id, at), probability), pixels) in good.into_iter().zip(probabilities).zip(pixels) {
            if let Some(slides) = &mut self.slides {
                let picture = Picture { height, width, pixels };
                slides.add(at, probability, picture);
            }
            done.probabilities.push((id.clone(), probability));
        }
        Ok(())
    }
}
