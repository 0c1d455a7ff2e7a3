//! `eda`: a look at the data before anyone trains on it.

use super::{EXPLORATION, OneDataset, ingest::without, over_images};
use crate::{
    data::{Exploration, Explore},
    engine::{Complaint, Context, Facts, Known, Stage, StageError},
};

impl Stage for Explore {
    const KIND: &'static str = "eda";
    const VERSION: u32 = 2;
    const ABOUT: &'static str = "counts labels, shows samples, measures colours, stains and sharpness, says how \
                                 well colour alone tells the classes apart, and finds blank, blurred, \
                                 marked, duplicate and unreadable images";
    type Inputs = OneDataset;
    type Output = Exploration;

    fn check(&self, _: &Known) -> Result<Facts, Vec<Complaint>> {
        without(self.problems())?;
        Ok(Facts::from([(EXPLORATION, true.into())]))
    }

    fn run(&self, inputs: OneDataset, cx: &Context) -> Result<Exploration, StageError> {
        Ok(Explore::run(self, &inputs.data, cx.out(), &over_images(cx))?)
    }
}
