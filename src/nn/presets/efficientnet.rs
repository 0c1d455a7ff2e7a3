//! EfficientNet-Lite0 (Tan and Le, 2019, <https://arxiv.org/abs/1905.11946>, without squeeze and
//! excitation and with ReLU6), padded as TensorFlow pads, with the names of its PyTorch port.

use super::{Settings, head};
use crate::nn::kernels::After;
use crate::nn::layer::{Conv, Padding};
use crate::nn::plan::{Builder, Value};

const EPSILON: f32 = 1e-3;

/// A stage: blocks, kernel, first stride, expansion, filters.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];

pub fn lite0(b: &mut Builder, settings: &Settings) -> Result<Value, String> {
    let stem = Conv { stride: 2, ..same(32, 3) };
    let mut x = unit(b, "_conv_stem", "_bn0", Value::IMAGES, &stem)?;
    let mut index = 0;
    for (blocks, kernel, stride, expansion, filters) in STAGES {
        for first in 0..blocks {
            b.next_block();
            let stride = if first == 0 { stride } else { 1 };
            let name = format!("_blocks.{index}");
            x = block(b, &name, x, (kernel, stride, expansion, filters))?;
            index += 1;
        }
    }
    b.next_block();
    let x = unit(b, "_conv_head", "_bn1", x, &same(1280, 1))?;
    head(b, settings, "_fc", x)
}

/// An inverted residual: wider, depthwise, narrower.
fn block(
    b: &mut Builder,
    name: &str,
    x: Value,
    (kernel, stride, expansion, filters): (usize, usize, usize, usize),
) -> Result<Value, String> {
    let from = b.shape(x).channels;
    let wide = from * expansion;
    let at = |part: &str| format!("{name}.{part}");
    let mut y = x;
    if expansion > 1 {
        y = unit(b, &at("_expand_conv"), &at("_bn0"), y, &same(wide, 1))?;
    }
    let depthwise = Conv { stride, groups: wide, ..same(wide, kernel) };
    y = unit(b, &at("_depthwise_conv"), &at("_bn1"), y, &depthwise)?;
    y = b.conv(&at("_project_conv"), y, &same(filters, 1))?;
    y = b.norm(&at("_bn2"), y, EPSILON);
    if stride == 1 && from == filters { b.add(y, x) } else { Ok(y) }
}

/// A convolution, its norm, and ReLU6.
fn unit(b: &mut Builder, conv: &str, norm: &str, x: Value, of: &Conv) -> Result<Value, String> {
    let x = b.conv(conv, x, of)?;
    let x = b.norm(norm, x, EPSILON);
    Ok(b.activation(After::Relu6, x))
}

fn same(filters: usize, kernel: usize) -> Conv {
    Conv { kernel, padding: Padding::TfSame, bias: false, ..filters.into() }
}
