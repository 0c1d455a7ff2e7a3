//! Published weights for a known architecture, read from a safetensors file that nobody vouches
//! for. What does not fit is said in one message, with the architecture that it would fit.

use std::path::PathBuf;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::error::NnError;
use super::header::names;
use super::mismatch::Mismatch;
use super::network::Layers;
use super::plan::Plan;
use super::presets::Preset;
use super::weights::normalization;
use crate::data::{Normalization, sha1_hex};

/// A file of weights and whom they are for.
pub(crate) struct Pretrained {
    preset: Preset,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// What the network has of the file's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// It is the file's.
    Loaded,
    /// The file has none of one logit: the fresh one is kept.
    Fresh,
}

/// A tensor that an architecture has.
pub(super) struct Wanted {
    pub name: String,
    pub shape: Vec<usize>,
}

impl Pretrained {
    /// The file that the settings name, if they name one.
    ///
    /// # Errors
    /// [`NnError::Io`] names the file.
    pub fn open(preset: &Preset) -> Result<Option<Pretrained>, NnError> {
        let Some(weights) = &preset.settings.weights else {
            return Ok(None);
        };
        let path = PathBuf::from(weights);
        let bytes = std::fs::read(&path).map_err(NnError::io(&path))?;
        Ok(Some(Pretrained { preset: preset.clone(), path, bytes }))
    }

    /// What tells these weights from others.
    pub fn digest(&self) -> String {
        sha1_hex(&self.bytes)
    }

    /// How images are to be normalised: as the file says, otherwise as those that the
    /// architecture's published weights were trained on, otherwise as the data set says.
    ///
    /// # Errors
    /// [`NnError::Content`] if what the file says is no normalisation.
    pub fn normalization(
        &self,
        data: Option<Normalization>,
    ) -> Result<Option<Normalization>, NnError> {
        let said = normalization(&self.bytes).map_err(|text| {
            self.bad(format!(
                "its metadata say `normalization` is {text}, not three means and three sds above 0"
            ))
        })?;
        Ok(said.unwrap_or_else(|| self.preset.architecture.normalization().or(data)))
    }

    /// Sets all parameters and statistics of the network, those of the head if they are there with
    /// its shapes. The network is untouched on an error.
    ///
    /// # Errors
    /// [`NnError::Content`] if the file is no whole safetensors file, has tensors that the
    /// architecture has not, lacks some, or holds a value that is not finite.
    pub fn load(&self, layers: &mut Layers) -> Result<Head, NnError> {
        let tensors = self.tensors()?;
        let wanted = wanted(&layers.plan);
        let is_head = |name: &str| self.preset.is_head(name);
        let fits = |it: &Wanted| {
            tensors
                .tensor(&it.name)
                .is_ok_and(|tensor| tensor.shape() == it.shape && floats(&tensor).is_some())
        };
        let head = match wanted.iter().filter(|it| is_head(&it.name)).all(fits) {
            true => Head::Loaded,
            false => Head::Fresh,
        };
        let mismatch = Mismatch::of(&self.preset, &wanted, &tensors);
        if !mismatch.is_empty() {
            return Err(self.bad(mismatch.message(&self.preset, &tensors)));
        }
        let read = |name: &str| match is_head(name) && head == Head::Fresh {
            true => Ok(None),
            false => self.finite(&tensors, name).map(Some),
        };
        let names = layers.parameters.iter().map(|parameter| parameter.name.clone());
        let parameters = names.map(|name| read(&name)).collect::<Result<Vec<_>, _>>()?;
        let statistics = layers.running.iter().map(|running| {
            let [mean, variance] = statistics_of(&running.name);
            Ok((read(&mean)?, read(&variance)?))
        });
        let statistics = statistics.collect::<Result<Vec<_>, NnError>>()?;
        for (parameter, values) in layers.parameters.iter_mut().zip(parameters) {
            if let Some(values) = values {
                let ours = parameter.layout.to_ours(&values);
                parameter.set(&ours);
            }
        }
        for (running, (mean, variance)) in layers.running.iter_mut().zip(statistics) {
            running.mean = mean.unwrap_or_else(|| std::mem::take(&mut running.mean));
            running.variance = variance.unwrap_or_else(|| std::mem::take(&mut running.variance));
        }
        Ok(head)
    }

    /// The file's tensors: header and offsets are checked, no value is copied.
    fn tensors(&self) -> Result<SafeTensors<'_>, NnError> {
        let damaged = |problem: &dyn std::fmt::Display| {
            self.bad(format!("not a whole safetensors file ({problem}): download it again"))
        };
        let tensors = SafeTensors::deserialize(&self.bytes).map_err(|e| damaged(&e))?;
        match names(&self.bytes).map_err(|e| damaged(&e))?.twice() {
            Some(name) => Err(damaged(&format!("it has `{name}` twice"))),
            None => Ok(tensors),
        }
    }

    /// The values of a tensor that is there.
    fn finite(&self, tensors: &SafeTensors, name: &str) -> Result<Vec<f32>, NnError> {
        let values = tensors.tensor(name).ok().and_then(|tensor| floats(&tensor));
        let values = values.ok_or_else(|| self.bad(format!("has no floats in `{name}`")))?;
        match values.iter().find(|value| !value.is_finite()) {
            Some(odd) => {
                Err(self.bad(format!("`{name}` holds {odd}: nothing can be learned from there")))
            }
            None => Ok(values),
        }
    }

    fn bad(&self, problem: String) -> NnError {
        NnError::content(&self.path, problem)
    }
}

/// PyTorch's names of a batch norm's statistics.
fn statistics_of(layer: &str) -> [String; 2] {
    [format!("{layer}.running_mean"), format!("{layer}.running_var")]
}

/// Every tensor of a network, in PyTorch's order.
pub(super) fn wanted(plan: &Plan) -> Vec<Wanted> {
    let parameters =
        plan.parameters.iter().map(|it| Wanted { name: it.name.clone(), shape: it.shape.clone() });
    let statistics = plan.statistics.iter().flat_map(|statistics| {
        statistics_of(&statistics.name)
            .map(|name| Wanted { name, shape: vec![statistics.channels] })
    });
    parameters.chain(statistics).collect()
}

/// A tensor's values, if they are floats of some width.
fn floats(tensor: &TensorView) -> Option<Vec<f32>> {
    let data = tensor.data();
    Some(match tensor.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        Dtype::F64 => {
            data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect()
        }
        Dtype::BF16 => data.as_chunks().0.iter().map(|bytes| brain(*bytes)).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|bytes| half(*bytes)).collect(),
        _ => return None,
    })
}

/// The upper half of an f32.
fn brain(bytes: [u8; 2]) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)
}

/// IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, fraction) = ((bits & 0x8000) << 16, bits >> 10 & 0x1f, bits & 0x3ff);
    let size = match exponent {
        // Subnormal: a multiple of 2⁻²⁴.
        0 => fraction as f32 / 16_777_216.0,
        0x1f => f32::from_bits(0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(((exponent + 112) << 23) | fraction << 13),
    };
    f32::from_bits(size.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_floats() {
        for (bits, value) in [
            (0x3c00u16, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x8400, -6.103_515_6e-5),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0x8000, -0.0),
        ] {
            assert_eq!(half(bits.to_le_bytes()).to_bits(), f32::to_bits(value), "{bits:04x}");
        }
        assert!(half(0x7e00u16.to_le_bytes()).is_nan());
        assert_eq!(brain(0x3f80u16.to_le_bytes()), 1.0);
        assert_eq!(brain(0xc049u16.to_le_bytes()), -3.140_625);
    }
}
