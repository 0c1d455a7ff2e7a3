//! Stain normalisation as users choose it: whichever way, an image is looked at, and then given the
//! colours of a target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::macenko::{Dyes, Macenko};
use super::reinhard::{LabColours, Reinhard};
use crate::data::problem::Problem;

/// How differences of staining between slides are taken out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum StainTransfer {
    /// Mean and spread of the colours in L*a*b* become those of the target.
    Reinhard(Reinhard),
    /// The image's own haematoxylin and eosin are exchanged for those of the target.
    Macenko(Macenko),
}

/// The colours of an image or of a target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colours {
    Reinhard(LabColours),
    Macenko(Dyes),
}

impl Colours {
    /// Gives an image of H×W×3 bytes that has these colours those of a target of the same kind.
    pub fn transfer(&self, target: &Colours, image: &mut [u8]) {
        match (self, target) {
            (Colours::Reinhard(own), Colours::Reinhard(target)) => own.transfer(target, image),
            (Colours::Macenko(own), Colours::Macenko(target)) => own.transfer(target, image),
            _ => {}
        }
    }
}

impl StainTransfer {
    /// The colours of an image of H×W×3 bytes; none where there is too little tissue to tell.
    pub fn look(&self, image: &[u8]) -> Option<Colours> {
        match self {
            StainTransfer::Reinhard(_) => Some(Colours::Reinhard(LabColours::of(image))),
            StainTransfer::Macenko(_) => Dyes::of(image).map(Colours::Macenko),
        }
    }

    /// The colours that were given as the target.
    pub fn given(&self) -> Option<Colours> {
        match *self {
            StainTransfer::Reinhard(Reinhard { mean, sd }) => {
                Some(Colours::Reinhard(LabColours { mean: mean?, sd: sd? }))
            }
            StainTransfer::Macenko(Macenko { haematoxylin, eosin, strength }) => {
                Some(Colours::Macenko(Dyes::given(haematoxylin?, eosin?, strength?)))
            }
        }
    }

    /// The mean of the colours of several images, in their order; none of none.
    pub fn average<'a>(&self, all: impl Iterator<Item = &'a Colours>) -> Option<Colours> {
        match self {
            StainTransfer::Reinhard(_) => {
                let of = |colours: &'a Colours| match colours {
                    Colours::Reinhard(lab) => Some(lab),
                    Colours::Macenko(_) => None,
                };
                LabColours::average(all.filter_map(of)).map(Colours::Reinhard)
            }
            StainTransfer::Macenko(_) => {
                let of = |colours: &'a Colours| match colours {
                    Colours::Macenko(dyes) => Some(dyes),
                    Colours::Reinhard(_) => None,
                };
                Dyes::average(all.filter_map(of)).map(Colours::Macenko)
            }
        }
    }

    /// What is wrong with a given target.
    pub(in crate::data) fn problems(&self) -> Vec<Problem> {
        let problem = |key: &str, message: &str, help: &str| {
            vec![Problem::new(format!("stain.{key}"), message.into(), help)]
        };
        match self {
            StainTransfer::Reinhard(Reinhard { mean, sd }) => match (mean, sd) {
                (None, None) => Vec::new(),
                (Some(mean), Some(sd)) => {
                    let fine = mean.iter().all(|x| x.is_finite())
                        && sd.iter().all(|&x| x > 0.0 && x.is_finite());
                    let message = format!("`stain.reinhard` has mean {mean:?} and sd {sd:?}");
                    let help = "give numbers of L*, a* and b*, and an sd greater than 0";
                    if fine { Vec::new() } else { problem("reinhard", &message, help) }
                }
                _ => problem(
                    "reinhard",
                    "`stain.reinhard` has one of `mean` and `sd`",
                    "give both, or neither to measure them on the train split",
                ),
            },
            StainTransfer::Macenko(Macenko { haematoxylin, eosin, strength }) => {
                match (haematoxylin, eosin, strength) {
                    (None, None, None) => Vec::new(),
                    (Some(h), Some(e), Some(strength)) => {
                        let fine = strength.iter().all(|&x| x > 0.0 && x.is_finite())
                            && Dyes::given(*h, *e, *strength).solver().is_some();
                        let message = "the dyes of `stain.macenko` cannot be told apart";
                        let help = "give two different colours and strengths greater than 0";
                        if fine { Vec::new() } else { problem("macenko", message, help) }
                    }
                    _ => problem(
                        "macenko",
                        "`stain.macenko` has some of `haematoxylin`, `eosin` and `strength`",
                        "give all three, or none to measure them on the train split",
                    ),
                }
            }
        }
    }
}
