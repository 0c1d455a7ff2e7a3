//! Weights as safetensors, with PyTorch's names and layouts: what `torch.nn.Sequential` of the
//! same layers would save.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::error::NnError;
use super::model::Model;
use super::network::Layers;
use super::shape::Shape;
use super::tensor::Compute;
use crate::data::Normalization;

/// The key of a file's metadata that says how the images were normalised: JSON, `null` where bytes
/// were only scaled to 0..1.
const NORMALIZATION: &str = "normalization";

/// A tensor as it is written.
pub(crate) struct Saved {
    pub name: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Saved {
    pub fn new(name: String, shape: Vec<usize>, values: &[f32]) -> Saved {
        Saved { name, shape, bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect() }
    }

    pub fn view(&self) -> Result<(&str, TensorView<'_>), safetensors::SafeTensorError> {
        Ok((&self.name, TensorView::new(Dtype::F32, self.shape.clone(), &self.bytes)?))
    }
}

/// The floats of a tensor, if it has this shape.
pub(crate) fn floats(
    tensors: &SafeTensors,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("has no tensor `{name}`"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        return Err(format!(
            "`{name}` is {:?} {:?}, not F32 {shape:?}",
            tensor.dtype(),
            tensor.shape()
        ));
    }
    let floats =
        tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Ok(floats.collect())
}

/// How the images of a file of weights were normalised, `Some(None)` if not at all; `None` if the
/// file does not say, as others' do not.
///
/// # Errors
/// What is said, where it is no normalisation.
pub(super) fn normalization(file: &[u8]) -> Result<Option<Option<Normalization>>, String> {
    let metadata = SafeTensors::read_metadata(file).ok().and_then(|(_, it)| it.metadata().clone());
    let Some(text) = metadata.and_then(|mut metadata| metadata.remove(NORMALIZATION)) else {
        return Ok(None);
    };
    let said: Option<Normalization> = serde_json::from_str(&text).map_err(|_| text.clone())?;
    let usable = |it: &Normalization| {
        it.mean.iter().all(|mean| mean.is_finite())
            && it.sd.iter().all(|sd| sd.is_normal() && *sd > 0.0)
    };
    if said.as_ref().is_none_or(usable) { Ok(Some(said)) } else { Err(text) }
}

impl Layers {
    /// Writes all weights and running statistics, and in the metadata how the images were
    /// normalised that they were trained on.
    pub fn write_weights(
        &self,
        path: &Path,
        normalization: Option<Normalization>,
    ) -> Result<(), NnError> {
        let mut saved = Vec::new();
        for parameter in &self.parameters {
            let values = parameter.layout.to_torch(&parameter.values());
            saved.push(Saved::new(parameter.name.clone(), parameter.shape.clone(), &values));
        }
        for running in &self.running {
            let shape = vec![running.mean.len()];
            saved.push(Saved::new(
                format!("{}.running_mean", running.name),
                shape.clone(),
                &running.mean,
            ));
            saved.push(Saved::new(
                format!("{}.running_var", running.name),
                shape,
                &running.variance,
            ));
        }
        let text = serde_json::to_string(&normalization).map_err(|e| NnError::content(path, e))?;
        let metadata = HashMap::from([(NORMALIZATION.to_owned(), text)]);
        let views = saved.iter().map(Saved::view).collect::<Result<Vec<_>, _>>();
        let bytes = views
            .and_then(|views| safetensors::serialize(views, Some(metadata)))
            .map_err(|e| NnError::content(path, e))?;
        std::fs::write(path, bytes).map_err(NnError::write(path))
    }

    /// Opens weights of `model`.
    pub fn read_weights(
        cx: Compute,
        model: &Model,
        input: Shape,
        path: &Path,
    ) -> Result<Layers, NnError> {
        let bytes = std::fs::read(path).map_err(NnError::io(path))?;
        let bad = |problem: String| {
            NnError::content(
                path,
                format!("{problem}; these weights do not belong to this model: train it again"),
            )
        };
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
        let mut layers = Layers::with(cx, model, input, |_, declared| {
            floats(&tensors, &declared.name, &declared.shape).map_err(bad)
        })?;
        for running in &mut layers.running {
            let shape = [running.mean.len()];
            running.mean =
                floats(&tensors, &format!("{}.running_mean", running.name), &shape).map_err(bad)?;
            running.variance =
                floats(&tensors, &format!("{}.running_var", running.name), &shape).map_err(bad)?;
        }
        Ok(layers)
    }
}
