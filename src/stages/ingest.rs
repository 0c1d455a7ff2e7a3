//! `ingest`: a source of images becomes a packed data set.

use super::{HEIGHT, SPLIT, WIDTH, over_images, repository};
use crate::{
    data::{Dataset, Earlier, Ingest, Problem, Row, Source},
    engine::{
        Artifact, Complaint, Context, Facts, Known, Stage, StageError,
        source::{Root, SourceFiles},
    },
};
use std::sync::Arc;

impl Stage for Ingest {
    const KIND: &'static str = "ingest";
    const VERSION: u32 = 2;
    const ABOUT: &'static str = "reads images and labels from Kaggle's files, PatchCamelyon's, folders, parquet \
                                 shards, the synthetic generator or several of these, checks them and packs them";
    type Inputs = ();
    type Output = Dataset;

    fn sources(&self) -> Vec<SourceFiles> {
        let of = |(name, files): (String, crate::data::SourceFiles)| SourceFiles {
            name: format!("source.{name}"),
            root: match files.root.is_file() {
                true => Root::File(files.root),
                false => repository::root(&files.root, Arc::from(files.keep)),
            },
        };
        self.source.files().into_iter().map(of).collect()
    }

    fn check(&self, _: &Known) -> Result<Facts, Vec<Complaint>> {
        without(self.problems())?;
        let complaints = repository::complaints(self);
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let mut facts = Facts::from([(SPLIT, false.into())]);
        if let Some((height, width)) = self.source.image_size() {
            facts.insert(HEIGHT, height.into());
            facts.insert(WIDTH, width.into());
        }
        Ok(facts)
    }

    fn run(&self, _: (), cx: &Context) -> Result<Dataset, StageError> {
        // Only source files may have changed since, so the names of the sources are the same.
        let before = cx.earlier();
        let sources: Vec<String> = Stage::sources(self).into_iter().map(|of| of.name).collect();
        let of_row = |source: &str, row: &Row| match &self.source {
            Source::Mix(_) => source.starts_with(&format!("source.mix.{}.", row.origin)),
            _ => true,
        };
        let unchanged = |row: &Row| {
            let mut sources = sources.iter().filter(|source| of_row(source, row));
            before.as_ref().is_some_and(|before| sources.any(|of| before.has(of, &row.source)))
        };
        let data =
            before.as_ref().and_then(|before| <Dataset as Artifact>::open(before.files()).ok());
        let earlier = data.and_then(|data| Earlier::of(data, &unchanged));
        let local = repository::with_local(self)?;
        Ok(local.run_after(earlier.as_ref(), cx.out(), &over_images(cx))?)
    }
}

/// Goes on only where parameters have no problems.
pub(super) fn without(problems: Vec<Problem>) -> Result<(), Vec<Complaint>> {
    let complaint = |Problem { place, message, help }| Complaint { place, message, help };
    let complaints: Vec<_> = problems.into_iter().map(complaint).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}
