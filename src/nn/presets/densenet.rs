//! DenseNet-121 (Huang et al., 2016, <https://arxiv.org/abs/1608.06993>) with torchvision's names.

use super::{Settings, conv, head, norm_relu};
use crate::nn::layer::Pool;
use crate::nn::plan::{Builder, Value};

/// Channels that each layer adds.
const GROWTH: usize = 32;
const DEPTHS: [usize; 4] = [6, 12, 24, 16];

pub fn densenet121(b: &mut Builder, settings: &Settings) -> Result<Value, String> {
    let x = conv(b, "features.conv0", Value::IMAGES, 64, 7, 2)?;
    let x = norm_relu(b, "features.norm0", x);
    let mut x = b.max_pool(x, &Pool { size: 3, stride: 2, padding: 1 })?;
    for (index, depth) in DEPTHS.into_iter().enumerate() {
        b.next_block();
        for layer in 1..=depth {
            let name = format!("features.denseblock{}.denselayer{layer}", index + 1);
            let y = norm_relu(b, &format!("{name}.norm1"), x);
            let y = conv(b, &format!("{name}.conv1"), y, 4 * GROWTH, 1, 1)?;
            let y = norm_relu(b, &format!("{name}.norm2"), y);
            let y = conv(b, &format!("{name}.conv2"), y, GROWTH, 3, 1)?;
            x = b.concat(vec![x, y])?;
        }
        if index + 1 < DEPTHS.len() {
            let name = format!("features.transition{}", index + 1);
            let half = b.shape(x).channels / 2;
            x = norm_relu(b, &format!("{name}.norm"), x);
            x = conv(b, &format!("{name}.conv"), x, half, 1, 1)?;
            x = b.avg_pool(x, &2.into())?;
        }
    }
    let x = norm_relu(b, "features.norm5", x);
    head(b, settings, "classifier", x)
}
