//! What the frozen part of a network makes of each image, computed once: heads are then trained on
//! a few floats an image instead of on pixels.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use dfdx::tensor::CpuError;
use memmap2::Mmap;
use safetensors::SafeTensors;

use super::error::NnError;
use super::images::{CHANNELS, Loader};
use super::inference::Inference;
use super::kernels::isa::Isa;
use super::model::Model;
use super::network::Layers;
use super::presets::Preset;
use super::pretrained::Pretrained;
use super::shape::Shape;
use super::tensor::{Activation, Compute};
use crate::data::{Batches, Dataset, map};

/// Images that are computed together; what comes out does not depend on it.
const BATCH: usize = 32;
const TENSOR: &str = "features";

/// The features of every image of a data set: rows of f32, in the data set's order.
pub struct Features {
    file: Mmap,
    /// Where the rows begin, in bytes.
    start: usize,
    /// Images.
    rows: usize,
    /// What flows out of the frozen part, for one image.
    shape: Shape,
}

impl Features {
    /// Runs all blocks but the head of a preset with its pretrained weights over `data`, and writes
    /// `features.safetensors`: `features`, f32, images × height × width × channels.
    ///
    /// # Errors
    /// As for [`Trainer::new`](super::Trainer::new); [`NnError::Interrupted`] if `progress` says so.
    pub fn compute(
        preset: &Preset,
        data: &Dataset,
        path: &Path,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), NnError> {
        let cx = Compute::new(Isa::chosen()?);
        let input = Shape::new(data.height(), data.width(), CHANNELS);
        let model = Model::Preset(preset.clone());
        let mut layers = Layers::new(cx.clone(), &model, input, 0)?;
        let mut normalization = data.normalization();
        if let Some(file) = Pretrained::open(preset)? {
            file.load(&mut layers)?;
            normalization = file.normalization(normalization)?;
        }
        let loader = Loader::new(input, normalization);
        let backbone = Inference::backbone(&layers);
        let shape = layers.plan.features();
        let file = File::create(path).map_err(NnError::write(path))?;
        let mut file = BufWriter::new(file);
        file.write_all(&header(data.len(), shape)).map_err(NnError::write(path))?;
        let mut done = 0;
        for batch in Batches::in_order(data, (0..data.len()).collect(), BATCH).epoch(0) {
            let x = loader.load(&cx, &batch)?; // (h, w, n, 3)
            let y = backbone.logits(&cx, x)?; // (h', w', n, c)
            for image in 0..y.images {
                for pixel in y.values.chunks_exact(y.images * shape.channels) {
                    for value in &pixel[image * shape.channels..][..shape.channels] {
                        file.write_all(&value.to_le_bytes()).map_err(NnError::write(path))?;
                    }
                }
            }
            done += y.images;
            if progress(done).is_break() {
                return Err(NnError::Interrupted);
            }
        }
        file.flush().map_err(NnError::write(path))
    }

    /// Opens what [`Features::compute`] wrote.
    ///
    /// # Errors
    /// [`NnError::Io`] and [`NnError::Content`] name the file.
    pub fn open(path: &Path) -> Result<Features, NnError> {
        let file = map(path).map_err(NnError::io(path))?;
        let bad = |problem: &dyn std::fmt::Display| NnError::content(path, problem);
        let tensors = SafeTensors::deserialize(&file).map_err(|e| bad(&e))?;
        let tensor = tensors.tensor(TENSOR).map_err(|e| bad(&e))?;
        let &[rows, height, width, channels] = tensor.shape() else {
            return Err(bad(&"not the features of images"));
        };
        let start = tensor.data().as_ptr() as usize - file.as_ptr() as usize;
        Ok(Features { start, rows, shape: Shape::new(height, width, channels), file })
    }

    /// How many images they are of.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether they are of none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// What there is of one image.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Those of some images, `(height, width, n, channels)`.
    pub(crate) fn gather(&self, cx: &Compute, rows: &[usize]) -> Result<Activation, CpuError> {
        let (len, channels) = (self.shape.len(), self.shape.channels);
        let mut x = cx.buffers.take(rows.len() * len);
        for (image, row) in rows.iter().enumerate() {
            let bytes = &self.file[self.start + row * len * 4..][..len * 4];
            for (at, bytes) in bytes.chunks_exact(4).enumerate() {
                let (pixel, channel) = (at / channels, at % channels);
                x[(pixel * rows.len() + image) * channels + channel] =
                    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
        Activation::new(cx, x, rows.len(), self.shape)
    }
}

/// The head of a safetensors file that holds the features of so many images.
fn header(rows: usize, Shape { height, width, channels }: Shape) -> Vec<u8> {
    let bytes = rows * height * width * channels * 4;
    let mut json = format!(
        r#"{{"{TENSOR}":{{"dtype":"F32","shape":[{rows},{height},{width},{channels}],"data_offsets":[0,{bytes}]}}}}"#
    );
    // The floats begin on a multiple of 8 bytes.
    json.push_str(&" ".repeat(json.len().next_multiple_of(8) - json.len()));
    [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat()
}
