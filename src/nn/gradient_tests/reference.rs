//! A network in f64 by plain loops, in PyTorch's layouts: `(n, c, h, w)`, weights `(o, c, kh, kw)`.

use crate::nn::kernels::elementwise;
use crate::nn::kernels::isa::Isa;
use crate::nn::layer::{Layer, Padding};
use crate::nn::model::Model;
use crate::nn::network::Moment;
use crate::nn::shape::Shape;

/// A model on given images.
pub struct Reference<'a> {
    pub model: &'a Model,
    pub input: Shape,
    pub labels: &'a [u8],
    pub moment: Moment,
    pub isa: Isa,
}

/// One channel of one image.
struct Plane<'a> {
    values: &'a [f64],
    height: usize,
    width: usize,
}

impl Plane<'_> {
    fn at(&self, y: isize, x: isize) -> Option<f64> {
        let inside = y >= 0 && x >= 0 && (y as usize) < self.height && (x as usize) < self.width;
        inside.then(|| self.values[y as usize * self.width + x as usize])
    }
}

impl Reference<'_> {
    /// The slope of the loss in element `j` of parameter `i`.
    pub fn slope(&self, x: &[f64], weights: &[Vec<f64>], i: usize, j: usize) -> f64 {
        const STEP: f64 = 1e-5;
        let at = |offset: f64| {
            let mut weights = weights.to_vec();
            weights[i][j] += offset;
            self.loss(x, &weights)
        };
        (at(STEP) - at(-STEP)) / (2.0 * STEP)
    }

    /// The mean cross-entropy.
    pub fn loss(&self, x: &[f64], weights: &[Vec<f64>]) -> f64 {
        let mut weights = weights.iter().map(Vec::as_slice);
        let x = self.sequence(self.model.layers(), x, self.input, &mut weights).0;
        let losses = x
            .iter()
            .zip(self.labels)
            .map(|(z, y)| z.max(0.0) - z * f64::from(*y) + (-z.abs()).exp().ln_1p());
        losses.sum::<f64>() / self.labels.len() as f64
    }

    /// Layers one after the other, and the shape of what they give. Only layers at the top may be
    /// dropouts: their masks go by their place.
    fn sequence(
        &self,
        layers: &[Layer],
        x: &[f64],
        mut from: Shape,
        weights: &mut dyn Iterator<Item = &[f64]>,
    ) -> (Vec<f64>, Shape) {
        let mut x = x.to_vec();
        for (index, layer) in layers.iter().enumerate() {
            let to = after(layer, from);
            x = self.layer(index, layer, &x, from, to, weights);
            from = to;
        }
        (x, from)
    }

    fn layer(
        &self,
        index: usize,
        layer: &Layer,
        x: &[f64],
        from: Shape,
        to: Shape,
        weights: &mut dyn Iterator<Item = &[f64]>,
    ) -> Vec<f64> {
        match layer {
            Layer::Conv(c) => {
                let extent = c.dilation * (c.kernel - 1);
                let lead = match c.padding {
                    Padding::Same => extent / 2,
                    Padding::TfSame => {
                        ((to.height - 1) * c.stride + extent + 1).saturating_sub(from.height) / 2
                    }
                    Padding::Pixels(pixels) => pixels,
                };
                let depth = from.channels / c.groups;
                let weight = weights.next().unwrap();
                let bias =
                    if c.bias { weights.next().unwrap().to_vec() } else { vec![0.0; c.filters] };
                self.windows(x, from, to, c.stride, lead, |planes, filter, y, x| {
                    let mut sum = bias[filter];
                    let group = filter / (c.filters / c.groups);
                    for (channel, plane) in planes[group * depth..][..depth].iter().enumerate() {
                        for ky in 0..c.kernel {
                            for kx in 0..c.kernel {
                                let w = weight
                                    [((filter * depth + channel) * c.kernel + ky) * c.kernel + kx];
                                let (ky, kx) = (ky * c.dilation, kx * c.dilation);
                                sum +=
                                    w * plane.at(y + ky as isize, x + kx as isize).unwrap_or(0.0);
                            }
                        }
                    }
                    sum
                })
            }
            Layer::Dense(d) => {
                let weight = weights.next().unwrap();
                let bias =
                    if d.bias { weights.next().unwrap().to_vec() } else { vec![0.0; d.units] };
                let mut y = Vec::new();
                for x in x.chunks_exact(from.channels) {
                    for (w, b) in weight.chunks_exact(from.channels).zip(&bias) {
                        y.push(b + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>());
                    }
                }
                y
            }
            Layer::BatchNorm => {
                batch_norm(x, from, weights.next().unwrap(), weights.next().unwrap())
            }
            Layer::Relu => x.iter().map(|v| v.max(0.0)).collect(),
            Layer::MaxPool(p) => {
                self.windows(x, from, to, p.stride, p.padding, |planes, channel, y, x| {
                    let taps = (0..p.size * p.size)
                        .map(|t| ((t / p.size) as isize, (t % p.size) as isize));
                    taps.filter_map(|(ky, kx)| planes[channel].at(y + ky, x + kx))
                        .fold(f64::NEG_INFINITY, f64::max)
                })
            }
            Layer::AvgPool(p) => {
                self.windows(x, from, to, p.stride, p.padding, |planes, channel, y, x| {
                    let taps = (0..p.size * p.size)
                        .map(|t| ((t / p.size) as isize, (t % p.size) as isize));
                    taps.filter_map(|(ky, kx)| planes[channel].at(y + ky, x + kx)).sum::<f64>()
                        / (p.size * p.size) as f64
                })
            }
            Layer::GlobalAvgPool => {
                let pixels = from.height * from.width;
                x.chunks_exact(pixels)
                    .map(|plane| plane.iter().sum::<f64>() / pixels as f64)
                    .collect()
            }
            Layer::AdaptiveAvgPool(side) => adaptive(x, from, *side),
            Layer::Flatten => x.to_vec(),
            Layer::Dropout(rate) => self.dropout(index, *rate, x, from),
            Layer::Relu6 => x.iter().map(|v| v.clamp(0.0, 6.0)).collect(),
            Layer::Residual(residual) => {
                let (y, _) = self.sequence(&residual.layers, x, from, weights);
                let (x, _) = self.sequence(&residual.shortcut, x, from, weights);
                y.iter().zip(x).map(|(y, x)| y + x).collect()
            }
            Layer::Parallel(branches) => {
                let parts: Vec<_> =
                    branches.iter().map(|layers| self.sequence(layers, x, from, weights)).collect();
                let of_image = |image: usize| {
                    parts.iter().flat_map(move |(y, to)| &y[image * to.len()..][..to.len()])
                };
                (0..self.labels.len()).flat_map(of_image).copied().collect()
            }
        }
    }

    /// Each output of each image by `value(planes, channel, top, left)`.
    fn windows(
        &self,
        x: &[f64],
        from: Shape,
        to: Shape,
        stride: usize,
        lead: usize,
        value: impl Fn(&[Plane], usize, isize, isize) -> f64,
    ) -> Vec<f64> {
        let mut y = Vec::new();
        for image in x.chunks_exact(from.len()) {
            let planes = image.chunks_exact(from.height * from.width);
            let planes: Vec<Plane> = planes
                .map(|values| Plane { values, height: from.height, width: from.width })
                .collect();
            for channel in 0..to.channels {
                for row in 0..to.height {
                    for column in 0..to.width {
                        let start = |at: usize| (at * stride) as isize - lead as isize;
                        y.push(value(&planes, channel, start(row), start(column)));
                    }
                }
            }
        }
        y
    }

    /// The kernel's own mask, which no formula of PyTorch's could give.
    fn dropout(&self, layer: usize, rate: f64, x: &[f64], shape: Shape) -> Vec<f64> {
        let mut mask = vec![0.0; x.len()];
        elementwise::dropout(
            self.isa,
            &vec![1.0; x.len()],
            self.moment.key(layer),
            rate,
            &mut mask,
        );
        let (n, pixels) = (self.labels.len(), shape.height * shape.width);
        let ours = |i: usize| {
            (i % pixels * n + i / shape.len()) * shape.channels + i / pixels % shape.channels
        };
        x.iter()
            .enumerate()
            .map(|(i, x)| if mask[ours(i)] == 0.0 { 0.0 } else { x / (1.0 - rate) })
            .collect()
    }
}

/// Each bin's mean, by what a bin is: the pixels from ⌊i · size / side⌋ to ⌈(i + 1) · size / side⌉.
fn adaptive(x: &[f64], from: Shape, side: usize) -> Vec<f64> {
    let bin = |i: usize, size: usize| (i * size / side, ((i + 1) * size).div_ceil(side));
    let mut y = Vec::new();
    for plane in x.chunks_exact(from.height * from.width) {
        for i in 0..side * side {
            let (top, bottom) = bin(i / side, from.height);
            let (left, right) = bin(i % side, from.width);
            let rows = plane.chunks_exact(from.width).take(bottom).skip(top);
            let sum: f64 = rows.flat_map(|row| &row[left..right]).sum();
            y.push(sum / ((bottom - top) * (right - left)) as f64);
        }
    }
    y
}

/// The shape after one layer.
fn after(layer: &Layer, from: Shape) -> Shape {
    let model = Model::Layers(vec![layer.clone(), Layer::GlobalAvgPool, Layer::Dense(1.into())]);
    model.infer(from).unwrap()[0].shape
}

fn batch_norm(x: &[f64], shape: Shape, gamma: &[f64], beta: &[f64]) -> Vec<f64> {
    let pixels = shape.height * shape.width;
    let mut y = vec![0.0; x.len()];
    for channel in 0..shape.channels {
        let of_channel: Vec<usize> =
            (0..x.len()).filter(|i| i / pixels % shape.channels == channel).collect();
        let count = of_channel.len() as f64;
        let mean = of_channel.iter().map(|i| x[*i]).sum::<f64>() / count;
        let variance = of_channel.iter().map(|i| (x[*i] - mean).powi(2)).sum::<f64>() / count;
        for i in of_channel {
            y[i] = (x[i] - mean) / (variance + 1e-5).sqrt() * gamma[channel] + beta[channel];
        }
    }
    y
}
