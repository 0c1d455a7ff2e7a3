//! What the settings of a preset come to in training: which blocks are frozen in an epoch, how fast
//! each parameter learns, how images are normalised; and which settings cannot be.

use super::{Freeze, PartRates, Preset, Settings};
use crate::nn::fault::{Fault, Range, Ranges};
use crate::nn::images::CHANNELS;
use crate::nn::model::Model;
use crate::nn::plan::Plan;
use crate::nn::shape::Shape;
use crate::nn::stepper::Rate;

/// A size of image that every architecture takes; the number of blocks does not depend on it.
const SIDE: usize = 224;

impl Model {
    /// The preset, if it is one.
    pub fn preset(&self) -> Option<&Preset> {
        match self {
            Model::Preset(preset) => Some(preset),
            Model::Layers(_) => None,
        }
    }

    /// The model without the path of its weights: what is left of it where it is kept.
    pub(crate) fn without_paths(&self) -> Model {
        match self {
            Model::Preset(preset) => {
                let settings = Settings { weights: None, ..preset.settings.clone() };
                Model::Preset(Preset { settings, ..preset.clone() })
            }
            Model::Layers(_) => self.clone(),
        }
    }

    /// How many blocks of the network do not learn in an epoch, from 0. It follows from the
    /// epoch's number alone, so that a resumed training has the same.
    pub(crate) fn frozen(&self, plan: &Plan, epoch: usize) -> usize {
        let Some(Preset { settings, .. }) = self.preset() else {
            return 0;
        };
        if settings.unfreeze_after.is_some_and(|epochs| epoch >= epochs) {
            return 0;
        }
        match settings.freeze {
            Freeze::Nothing => 0,
            Freeze::Backbone => plan.head(),
            Freeze::Blocks(blocks) => blocks.min(plan.head()),
        }
    }

    /// How fast each parameter learns while the first `frozen` blocks do not.
    pub(crate) fn rates(&self, plan: &Plan, frozen: usize) -> Vec<Rate> {
        let PartRates { backbone, head } =
            self.preset().map(|preset| preset.settings.rates).unwrap_or_default();
        let rate = |block| match block {
            block if block < frozen => Rate::Frozen,
            block if block < plan.head() => Rate::Factor(backbone),
            _ => Rate::Factor(head),
        };
        plan.parameters.iter().map(|parameter| rate(parameter.block)).collect()
    }
}

impl Preset {
    /// The settings that cannot be, each with its place in the training.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let Settings { freeze, unfreeze_after, rates, classifier, .. } = &self.settings;
        let mut ranges = Ranges::of("");
        if !self.architecture.classifiers().contains(classifier) {
            let name = self.architecture.name();
            let message = format!("{name} was published without hidden layers before its logit");
            ranges.add("classifier", message, Some("only VGG has them: leave `classifier` out"));
        }
        if let Freeze::Blocks(blocks) = freeze
            && let Some(most) = self.blocks()
            && *blocks > most
        {
            let message = format!(
                "{} has {most} blocks before its head, of which {blocks} cannot be frozen",
                self.architecture.name()
            );
            let help = format!("give at most {most}; `\"backbone\"` freezes them all");
            ranges.add("freeze", message, Some(&help));
        }
        if unfreeze_after.is_some() && matches!(freeze, Freeze::Nothing | Freeze::Blocks(0)) {
            let message = "`unfreeze_after` without `freeze`: nothing is frozen".to_owned();
            ranges.add("unfreeze_after", message, Some("add `freeze = \"backbone\"`"));
        }
        let name = "the backbone's share of the learning rate";
        ranges.check("rates.backbone", name, rates.backbone, Range::Positive);
        let name = "the head's share of the learning rate";
        ranges.check("rates.head", name, rates.head, Range::Positive);
        let place = |place: &str| format!("model.{}{place}", self.architecture.name());
        ranges
            .faults
            .into_iter()
            .map(|fault| Fault { place: place(&fault.place), ..fault })
            .collect()
    }

    /// How many blocks there are before the head.
    fn blocks(&self) -> Option<usize> {
        let model = Model::Preset(self.clone());
        model.plan(Shape::new(SIDE, SIDE, CHANNELS)).ok().map(|plan| plan.head())
    }
}
