//! Residual networks (He et al., 2015, <https://arxiv.org/abs/1512.03385>): for ImageNet with
//! torchvision's names, and the small ones for CIFAR-10.

use super::{Settings, conv, head, norm_relu};
use crate::nn::kernels::After;
use crate::nn::layer::Pool;
use crate::nn::model::EPSILON;
use crate::nn::plan::{Builder, Value};

/// A block of `width` channels, whose first convolution of 3 × 3 has this stride.
type Block = fn(&mut Builder, &str, Value, usize, usize) -> Result<Value, String>;

/// ResNet-18, 34 and 50: a stem that quarters the map, four stages, `fc`.
pub fn imagenet(
    b: &mut Builder,
    settings: &Settings,
    depths: [usize; 4],
    block: Block,
) -> Result<Value, String> {
    let x = conv(b, "conv1", Value::IMAGES, 64, 7, 2)?;
    let x = norm_relu(b, "bn1", x);
    let mut x = b.max_pool(x, &Pool { size: 3, stride: 2, padding: 1 })?;
    for (stage, depth) in depths.into_iter().enumerate() {
        for index in 0..depth {
            b.next_block();
            let stride = if stage > 0 && index == 0 { 2 } else { 1 };
            let name = format!("layer{}.{index}", stage + 1);
            x = block(b, &name, x, 64 << stage, stride)?;
        }
    }
    head(b, settings, "fc", x)
}

/// Two convolutions of 3 × 3.
pub fn basic(
    b: &mut Builder,
    name: &str,
    x: Value,
    width: usize,
    stride: usize,
) -> Result<Value, String> {
    let y = conv(b, &format!("{name}.conv1"), x, width, 3, stride)?;
    let y = norm_relu(b, &format!("{name}.bn1"), y);
    let y = conv(b, &format!("{name}.conv2"), y, width, 3, 1)?;
    let y = b.norm(&format!("{name}.bn2"), y, EPSILON);
    let x = projection(b, name, x, width, stride)?;
    sum(b, y, x)
}

/// 1 × 1, 3 × 3, 1 × 1, the last to four times the channels; the stride is the middle's, as in
/// torchvision.
pub fn bottleneck(
    b: &mut Builder,
    name: &str,
    x: Value,
    width: usize,
    stride: usize,
) -> Result<Value, String> {
    let y = conv(b, &format!("{name}.conv1"), x, width, 1, 1)?;
    let y = norm_relu(b, &format!("{name}.bn1"), y);
    let y = conv(b, &format!("{name}.conv2"), y, width, 3, stride)?;
    let y = norm_relu(b, &format!("{name}.bn2"), y);
    let y = conv(b, &format!("{name}.conv3"), y, 4 * width, 1, 1)?;
    let y = b.norm(&format!("{name}.bn3"), y, EPSILON);
    let x = projection(b, name, x, 4 * width, stride)?;
    sum(b, y, x)
}

/// ResNet-20, 32, 44, 56: three stages of `depth` blocks with 16, 32 and 64 channels, and
/// shortcuts without parameters (option A of the paper), with the names of
/// <https://github.com/akamaster/pytorch_resnet_cifar10>.
pub fn cifar(b: &mut Builder, settings: &Settings, depth: usize) -> Result<Value, String> {
    let x = conv(b, "conv1", Value::IMAGES, 16, 3, 1)?;
    let mut x = norm_relu(b, "bn1", x);
    for stage in 0..3 {
        for index in 0..depth {
            b.next_block();
            let stride = if stage > 0 && index == 0 { 2 } else { 1 };
            let (name, width) = (format!("layer{}.{index}", stage + 1), 16 << stage);
            let y = conv(b, &format!("{name}.conv1"), x, width, 3, stride)?;
            let y = norm_relu(b, &format!("{name}.bn1"), y);
            let y = conv(b, &format!("{name}.conv2"), y, width, 3, 1)?;
            let y = b.norm(&format!("{name}.bn2"), y, EPSILON);
            if stride == 2 {
                // Every other pixel, half as many channels of zeros on each side.
                x = b.avg_pool(x, &Pool { size: 1, stride, padding: 0 })?;
                x = b.pad_channels(x, width / 4, width / 4);
            }
            x = sum(b, y, x)?;
        }
    }
    head(b, settings, "linear", x)
}

/// The shortcut where the shape changes.
fn projection(
    b: &mut Builder,
    name: &str,
    x: Value,
    filters: usize,
    stride: usize,
) -> Result<Value, String> {
    if stride == 1 && b.shape(x).channels == filters {
        return Ok(x);
    }
    let x = conv(b, &format!("{name}.downsample.0"), x, filters, 1, stride)?;
    Ok(b.norm(&format!("{name}.downsample.1"), x, EPSILON))
}

fn sum(b: &mut Builder, y: Value, x: Value) -> Result<Value, String> {
    let y = b.add(y, x)?;
    Ok(b.activation(After::Relu, y))
}
