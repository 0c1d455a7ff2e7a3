//! Small convolutional networks to start from.

use super::{Settings, drop, head};
use crate::nn::kernels::After;
use crate::nn::layer::Conv;
use crate::nn::model::EPSILON;
use crate::nn::plan::{Builder, Value};

/// Three convolutions of 3 × 3 with 32, 64 and 128 filters, each with a pool; a hidden layer of
/// 128 units.
pub fn basic(b: &mut Builder, settings: &Settings) -> Result<Value, String> {
    let mut x = Value::IMAGES;
    for (index, filters) in [32, 64, 128].into_iter().enumerate() {
        if index > 0 {
            b.next_block();
        }
        x = b.conv(&format!("conv{}", index + 1), x, &filters.into())?;
        x = b.activation(After::Relu, x);
        x = b.max_pool(x, &2.into())?;
    }
    b.next_block();
    let x = b.flatten(x);
    let x = b.dense("hidden", x, &128.into())?;
    let x = b.activation(After::Relu, x);
    let x = drop(b, settings, x)?;
    b.next_block();
    b.dense("head", x, &1.into())
}

/// Twice two convolutions of 3 × 3 with 32, 64 and 128 filters, each with batch norm; a pool and
/// dropout after each pair.
pub fn bn(b: &mut Builder, settings: &Settings) -> Result<Value, String> {
    let mut x = Value::IMAGES;
    for (stage, filters) in [32, 64, 128].into_iter().enumerate() {
        if stage > 0 {
            b.next_block();
        }
        for index in [1, 2] {
            let name = format!("{}_{index}", stage + 1);
            x = b.conv(&format!("conv{name}"), x, &Conv { bias: false, ..filters.into() })?;
            x = b.norm(&format!("bn{name}"), x, EPSILON);
            x = b.activation(After::Relu, x);
        }
        x = b.max_pool(x, &2.into())?;
        x = drop(b, settings, x)?;
    }
    head(b, &Settings { dropout: None, ..settings.clone() }, "head", x)
}
