//! `microtome predict`: images to probabilities, with nothing but a model's folder.

use super::{
    Exit, Failure, failed, print,
    progress::bar_of,
    run::{compute_on, count},
    say,
    table::seconds,
};
use crate::stages::{Ids, OnBadImage, Predicted, Request, Tta};
use clap::{Args, ValueEnum};
use std::{io::Write, path::PathBuf, time::Instant};

/// Predict images with a trained model, in the format of Kaggle's competition
///
/// The model's folder is all that is needed: it may have been copied to a machine that never saw the
/// data. Its normalisation is in it; stain normalisation (`stain` of a preprocess stage) is not, so
/// that a model trained after it should be given a data set that went through it. Images of another
/// size than the model's are resized, as a preprocess stage does it, and counted in the summary.
#[derive(Args)]
pub struct Predict {
    /// A model's folder: out/<pipeline>/<stage> of a `train`, `tune` or `ensemble` stage, or a copy
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Image files, folders that are walked for them, zip files; or the folder of one packed data set
    #[arg(value_name = "PATH", required = true)]
    images: Vec<PathBuf>,
    /// The file to write, with the columns `id` and `label`, the probability of class 1; `-` for stdout
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Keep the order of a CSV file with the column `id`, which lists just these images; without
    /// it, ids are sorted
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// What ids are: file names without their endings (the default for files), or whole paths below
    /// the folder that is named (a data set's own ids, the default there)
    #[arg(long, value_enum)]
    ids: Option<IdsArg>,
    /// Predict each image in all eight turns and mirrorings, and give the mean
    #[arg(long)]
    tta: bool,
    /// Images that are predicted at a time; results do not depend on it
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch: usize,
    /// Threads to compute with; results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Leave out images that cannot be read; without it, they are named and nothing is written
    #[arg(long)]
    skip_bad: bool,
    /// Draw a heat map of each slide into a folder; tiles are called <slide>_x<X>_y<Y>, or
    /// <slide>_x<X>_y<Y>_class<0 or 1> where the truth is known
    #[arg(long, value_name = "DIR")]
    heatmap: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum IdsArg {
    Stem,
    Path,
}

impl Predict {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        crate::stages::check_environment().map_err(|problem| Failure::new(Exit::Wrong, problem))?;
        let batch = count("--batch", Some(self.batch), MOST_IMAGES)?.unwrap_or(1);
        compute_on(self.threads)?;
        let prediction = self.request(batch).prepare().map_err(failed(Exit::Wrong))?;
        let input = prediction.input();
        let bar = bar_of(prediction.images() as u64, "images");
        let clock = Instant::now();
        let done = prediction.run(&mut |done| bar.set_position(done as u64));
        bar.finish_and_clear();
        let done = done.map_err(failed(Exit::Failed))?;
        let took = clock.elapsed().as_secs_f64();
        self.write(&done)?;
        self.tell(&done, input.width, input.height, took);
        Ok(Exit::Done)
    }

    /// What is worth telling besides the result.
    fn tell(&self, done: &Predicted, width: usize, height: usize, took: f64) {
        let images = done.probabilities.len();
        for line in &done.left_out {
            say(&format!("left out: {line}"));
        }
        if done.resized > 0 {
            let resized = done.resized;
            say(&format!("{resized} of {images} images were resized to {width}×{height} pixels"));
        }
        if done.without_place > 0 {
            say(&format!(
                "{} images are on no heat map: their names tell no place",
                done.without_place
            ));
        }
        if let (Some(folder), n) = (&self.heatmap, done.heatmaps.len()) {
            say(&format!("{n} heat map{} in {}", if n == 1 { "" } else { "s" }, folder.display()));
        }
        let rate = images as f64 / took.max(1e-9);
        say(&format!("{images} images in {}, {rate:.0} images/s", seconds(took)));
    }

    fn request(&self, batch: usize) -> Request {
        Request {
            model: self.model.clone(),
            images: self.images.clone(),
            ids: self.ids.map(|ids| match ids {
                IdsArg::Stem => Ids::Stem,
                IdsArg::Path => Ids::Path,
            }),
            sample: self.sample.clone(),
            tta: if self.tta { Tta::Dihedral } else { Tta::None },
            batch,
            on_bad: if self.skip_bad { OnBadImage::Exclude } else { OnBadImage::Fail },
            heatmap: self.heatmap.clone(),
        }
    }

    fn write(&self, done: &Predicted) -> Result<(), Failure> {
        if self.out.as_os_str() != "-" {
            done.save(&self.out).map_err(failed(Exit::Failed))?;
            print(&format!("wrote {}", self.out.display()));
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        match done.write(&mut stdout).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::new(Exit::Failed, format!("cannot write to stdout: {error}")))
            }
            _ => Ok(()),
        }
    }
}

/// More than is useful at a time: a slip of the keyboard rather than a wish.
const MOST_IMAGES: usize = 65_536;
