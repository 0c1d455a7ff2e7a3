//! `preprocess`: one size, a split, a normalisation.

use super::{HEIGHT, OneDataset, SPLIT, VALID, WIDTH, ingest::without, known_data, over_images};
use crate::{
    data::{Dataset, Preprocess, SplitRule},
    engine::{Complaint, Context, Facts, Known, Stage, StageError},
};

impl Stage for Preprocess {
    const KIND: &'static str = "preprocess";
    const VERSION: u32 = 3;
    const ABOUT: &'static str = "resizes, splits by group with the classes in balance, refuses leaks between \
                                 splits, and takes the normalisation from the train split";
    type Inputs = OneDataset;
    type Output = Dataset;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        without(self.problems())?;
        let mut facts = known_data(known);
        facts.insert(SPLIT, true.into());
        facts.remove(VALID);
        if let SplitRule::Fractions(shares) = &self.split
            && shares.valid == 0.0
        {
            facts.insert(VALID, false.into());
        }
        if let Some(size) = self.size {
            facts.insert(HEIGHT, size.into());
            facts.insert(WIDTH, size.into());
        }
        Ok(facts)
    }

    fn run(&self, inputs: OneDataset, cx: &Context) -> Result<Dataset, StageError> {
        let note = |text| cx.note(text);
        Ok(self.run_noting(&inputs.data, cx.out(), &over_images(cx), &note)?)
    }
}
