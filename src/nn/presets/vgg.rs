//! VGG (Simonyan and Zisserman, 2014, <https://arxiv.org/abs/1409.1556>) with torchvision's names.
//! Unless the user wants its two hidden layers of 4096 units, global average pooling takes their
//! place; either way any size of image works.

use super::{Classifier, Settings, drop, head};
use crate::nn::kernels::After;
use crate::nn::layer::{Conv, Padding};
use crate::nn::model::EPSILON;
use crate::nn::plan::{Builder, Value};

/// Convolutions in each stage; a pool ends each.
type Depths = [usize; 5];
pub const VGG11: Depths = [1, 1, 2, 2, 2];
pub const VGG13: Depths = [2, 2, 2, 2, 2];
pub const VGG16: Depths = [2, 2, 3, 3, 3];
pub const VGG19: Depths = [2, 2, 4, 4, 4];
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 512];

/// What follows a convolution.
#[derive(Clone, Copy, PartialEq)]
pub enum Normed {
    Yes,
    No,
}
pub const PLAIN: Normed = Normed::No;
pub const NORMED: Normed = Normed::Yes;

pub fn build(
    b: &mut Builder,
    settings: &Settings,
    depths: &Depths,
    normed: Normed,
) -> Result<Value, String> {
    let (mut x, mut index) = (Value::IMAGES, 0);
    for (stage, (depth, width)) in depths.iter().zip(WIDTHS).enumerate() {
        if stage > 0 {
            b.next_block();
        }
        for _ in 0..*depth {
            let conv = Conv { padding: Padding::Pixels(1), ..width.into() };
            x = b.conv(&format!("features.{index}"), x, &conv)?;
            if normed == Normed::Yes {
                index += 1;
                x = b.norm(&format!("features.{index}"), x, EPSILON);
            }
            x = b.activation(After::Relu, x);
            index += 2;
        }
        x = b.max_pool(x, &2.into())?;
        index += 1;
    }
    match settings.classifier {
        Classifier::Pooled => head(b, settings, "classifier", x),
        Classifier::Hidden => hidden(b, settings, x),
    }
}

/// Units of a hidden layer.
const UNITS: usize = 4096;
/// Height and width of the map that the first hidden layer reads.
const SIDE: usize = 7;
/// The last layer's name.
pub const LAST: &str = "classifier.6";
/// Of both hidden layers, as published.
pub const DROPOUT: f64 = 0.5;

/// The classifier as it was published, but for its single logit. Each hidden layer is a block, so
/// that it can be frozen.
fn hidden(b: &mut Builder, settings: &Settings, x: Value) -> Result<Value, String> {
    b.next_block();
    let x = b.adaptive_avg_pool(x, SIDE)?;
    let x = b.flatten(x);
    let x = b.dense("classifier.0", x, &UNITS.into())?;
    let x = b.activation(After::Relu, x);
    b.next_block();
    let x = drop(b, settings, x)?;
    let x = b.dense("classifier.3", x, &UNITS.into())?;
    let x = b.activation(After::Relu, x);
    b.next_block();
    let x = drop(b, settings, x)?;
    b.dense(LAST, x, &1.into())
}
