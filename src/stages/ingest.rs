//! `ingest`: a source of images becomes a packed data set.

use super::{HEIGHT, SPLIT, WIDTH, over_images};
use crate::{
    data::{Dataset, Ingest, Problem, Source},
    engine::{
        Complaint, Context, Facts, Known, Stage, StageError,
        source::{Root, SourceFiles},
    },
};
use std::sync::Arc;

impl Stage for Ingest {
    const KIND: &'static str = "ingest";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "reads images and labels from a Kaggle folder, a folder of classes or the \
                                 synthetic generator, checks them and packs them";
    type Inputs = ();
    type Output = Dataset;

    fn sources(&self) -> Vec<SourceFiles> {
        let name = match &self.source {
            Source::Kaggle(_) => "source.kaggle.dir",
            Source::Folder(_) => "source.folder.dir",
            Source::Synthetic(_) => "source",
        };
        let of = |files: crate::data::SourceFiles| SourceFiles {
            name: name.into(),
            root: Root::Folder(files.root, Arc::from(files.keep)),
        };
        self.source.files().into_iter().map(of).collect()
    }

    fn check(&self, _: &Known) -> Result<Facts, Vec<Complaint>> {
        without(self.problems())?;
        let mut facts = Facts::from([(SPLIT, false.into())]);
        if let Some((height, width)) = self.source.image_size() {
            facts.insert(HEIGHT, height.into());
            facts.insert(WIDTH, width.into());
        }
        Ok(facts)
    }

    fn run(&self, _: (), cx: &Context) -> Result<Dataset, StageError> {
        Ok(Ingest::run(self, cx.out(), &over_images(cx))?)
    }
}

/// Goes on only where parameters have no problems.
pub(super) fn without(problems: Vec<Problem>) -> Result<(), Vec<Complaint>> {
    let complaint = |Problem { place, message, help }| Complaint { place, message, help };
    let complaints: Vec<_> = problems.into_iter().map(complaint).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}
