//! In what a file of weights differs from what an architecture needs, in words.

use safetensors::{Dtype, SafeTensors};

use super::images::CHANNELS;
use super::model::Model;
use super::presets::{Architecture, Classifier, Preset, Settings};
use super::pretrained::{Wanted, wanted};
use super::shape::Shape;

/// The tensors that differ; the head's do not count.
pub(super) struct Mismatch {
    missing: Vec<String>,
    extra: Vec<String>,
    misshapen: Vec<String>,
}

/// How many of each kind a message names.
const NAMED: usize = 10;
/// A size of image that every architecture takes; no parameter's shape but a head's depends on it.
const SIDE: usize = 224;

impl Mismatch {
    pub fn of(preset: &Preset, wanted: &[Wanted], tensors: &SafeTensors) -> Mismatch {
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        for Wanted { name, shape } in wanted.iter().filter(|it| !preset.is_head(&it.name)) {
            match tensors.tensor(name) {
                Err(_) => missing.push(format!("`{name}`")),
                Ok(tensor) => {
                    let float = matches!(
                        tensor.dtype(),
                        Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64
                    );
                    if !float {
                        misshapen.push(format!("`{name}` is of {:?}, not F32", tensor.dtype()));
                    } else if tensor.shape() != shape {
                        misshapen.push(format!("`{name}` is {:?}, not {shape:?}", tensor.shape()));
                    }
                }
            }
        }
        let known = |name: &str| {
            preset.is_head(name)
                // A counter of PyTorch's batch norms, of no use here.
                || name.ends_with(".num_batches_tracked")
                || wanted.iter().any(|it| it.name == name)
        };
        let mut extra: Vec<_> = tensors
            .names()
            .into_iter()
            .filter(|name| !known(name))
            .map(|name| format!("`{name}`"))
            .collect();
        extra.sort_unstable();
        Mismatch { missing, extra, misshapen }
    }

    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.misshapen.is_empty()
    }

    /// All that differs, and what to do.
    pub fn message(&self, preset: &Preset, tensors: &SafeTensors) -> String {
        let architecture = preset.architecture;
        let hidden = match preset.settings.classifier {
            Classifier::Pooled => "",
            Classifier::Hidden => " with its hidden layers",
        };
        let mut message = format!("these are not weights of {}{hidden}", architecture.name());
        for (what, names) in
            [("missing", &self.missing), ("extra", &self.extra), ("misshapen", &self.misshapen)]
        {
            if !names.is_empty() {
                message.push_str(&format!("\n  {what}: {}", first(names)));
            }
        }
        message.push_str("\n  ");
        match fitting(tensors) {
            Some(other) if other == architecture => message.push_str(&format!(
                "they fit {} without them: leave `classifier` out",
                architecture.name()
            )),
            Some(other) => message.push_str(&format!("they fit {0}: write `{0}`", other.name())),
            None => message.push_str(&format!(
                "they fit no known architecture: take a file with the parameter names of {}",
                architecture.about()
            )),
        }
        message
    }
}

/// The first of many names.
fn first(names: &[String]) -> String {
    let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// The architecture of the table whose weights these are.
fn fitting(tensors: &SafeTensors) -> Option<Architecture> {
    Architecture::all().find(|&architecture| {
        let preset = Preset { architecture, settings: Settings::default() };
        let plan = Model::Preset(preset.clone()).plan(Shape::new(SIDE, SIDE, CHANNELS));
        plan.is_ok_and(|plan| Mismatch::of(&preset, &wanted(&plan), tensors).is_empty())
    })
}
