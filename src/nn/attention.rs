//! Where in an image a network looks: Grad-CAM on the last convolution's maps, or occlusion where
//! there is no convolution. Knows nothing of how a map is drawn or judged.

use dfdx::tensor::{PutTape, TensorFromVec};
use dfdx::tensor_ops::Backward;

use super::error::NnError;
use super::inference::Inference;
use super::network::Layers;
use super::occlusion::occlusion;
use super::plan::{Node, Op, Plan, Purpose, Value};
use super::predict::Network;
use super::shape::Shape;
use super::tensor::{Activation, Compute, Grads, Tape, take};

/// How a map came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via gradient-based
    /// localization": channels of the last convolution's maps, weighted by their mean gradient.
    GradCam,
    /// Zeiler and Fergus (2014), "Visualizing and understanding convolutional networks": by how much
    /// the logit falls when a part of the image is covered.
    Occlusion,
}

/// Maps of what spoke for a class, one an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    pub method: Method,
    /// Of each map, in cells.
    pub height: usize,
    /// Of each map, in cells.
    pub width: usize,
    /// For each image height×width values of 0 or more, row by row; not scaled.
    pub maps: Vec<Vec<f32>>,
}

impl Network {
    /// What speaks in each of n images, n×H×W×3 bytes, for its class in `classes`, 0 or 1: for class
    /// 1 the gradients are those of the logit, for class 0 of its negative.
    ///
    /// # Errors
    /// [`NnError::Memory`].
    pub fn attention(&self, pixels: &[u8], classes: &[u8]) -> Result<Attention, NnError> {
        let signs: Vec<f32> = classes.iter().map(|class| f32::from(*class) * 2.0 - 1.0).collect();
        match Cut::of(&self.layers().plan) {
            Some(cut) => grad_cam(self.layers(), &cut, self.load(pixels)?, &signs),
            None => occlusion(self, pixels, &signs),
        }
    }
}

/// Where Grad-CAM divides a network: before, nothing is kept for a way back.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    /// The last maps as large as the last convolution's: after its batch norm, addition and ReLU.
    map: Value,
    shape: Shape,
    /// What the operations after it read.
    frontier: Vec<Value>,
}

impl Cut {
    /// None where no convolution gives maps of several pixels.
    pub fn of(plan: &Plan) -> Option<Cut> {
        let pixels = |node: &Node| node.shape.height * node.shape.width;
        let is_conv = |node: &Node| matches!(node.op, Op::Conv { .. }) && pixels(node) > 1;
        let last = plan.nodes.iter().rposition(is_conv)?;
        let size = |node: &Node| (node.shape.height, node.shape.width);
        // A pooling that keeps the size blurs what the convolution saw.
        let pools = |op: &Op| matches!(op, Op::MaxPool(_) | Op::AvgPool(_) | Op::AdaptiveAvgPool);
        let same = |node: &Node| size(node) == size(&plan.nodes[last]) && !pools(&node.op);
        let at = plan.nodes.iter().rposition(same)?;
        let node = &plan.nodes[at];
        let later = plan.nodes[at + 1..].iter().flat_map(|node| node.inputs.clone());
        let mut frontier: Vec<Value> = later.filter(|value| *value <= node.value).collect();
        frontier.sort_unstable();
        frontier.dedup();
        Some(Cut { map: node.value, shape: node.shape, frontier })
    }
}

/// Grad-CAM: of each image `max(0, Σ_c α_c · A_c)`, where A are the maps at the cut and α_c is the
/// mean over the map's pixels of the gradient of the logit, times the image's sign.
pub(super) fn grad_cam(
    layers: &Layers,
    cut: &Cut,
    x: Activation,
    signs: &[f32],
) -> Result<Attention, NnError> {
    let (cx, plan) = (&layers.cx, &layers.plan);
    let given = Inference::until(layers, cut.map, &cut.frontier).run(cx, x)?;
    let map = given.iter().find(|(value, _)| *value == cut.map).map(|(_, map)| map.clone());
    // The head reads it, through whatever stands between.
    let Some(map) = map else { unreachable!("{:?} is read by nothing", cut.map) };
    let mut tail = plan.merged(0, plan.head() + 1, &cut.frontier, Purpose::Training);
    tail.retain(|node| node.value > cut.map);
    let mut tape = Tape::default();
    let logits = layers.infer_from(&mut tape, &tail, given)?; // (1, 1, n, 1)
    let mut gradients = gradients(cx, tape, logits, signs)?;
    let slopes = take(cx, &mut gradients, &map.tag)?; // (h, w, n, c)
    let Shape { height, width, channels } = cut.shape;
    let of = |image| weighted(&map.values, &slopes, (image, map.images), channels);
    let maps = (0..map.images).map(of).collect();
    Ok(Attention { method: Method::GradCam, height, width, maps })
}

/// The gradients of the sum of all logits, each times its sign.
fn gradients(
    cx: &Compute,
    mut tape: Tape,
    logits: Activation,
    signs: &[f32],
) -> Result<Grads, NnError> {
    use dfdx::tensor::Tape as _;
    let (context, start) = (cx.clone(), cx.buffers.copy(signs));
    tape.add_backward_op(move |grads| super::tensor::put(&context, grads, &logits.tag, start));
    // dfdx goes back from a scalar; that its value is not the sum does not matter on the way.
    let sum = cx.device.try_tensor_from_vec(vec![0.0f32], ())?;
    Ok(sum.put_tape(tape).try_backward()?)
}

/// The map of one of several images.
fn weighted(
    maps: &[f32],
    slopes: &[f32],
    (image, images): (usize, usize),
    channels: usize,
) -> Vec<f32> {
    let pixels = |values| -> Vec<&[f32]> {
        let each = <[f32]>::chunks_exact(values, images * channels);
        each.map(|pixel| &pixel[image * channels..][..channels]).collect()
    };
    let (maps, slopes) = (pixels(maps), pixels(slopes));
    let mut alpha = vec![0.0f64; channels];
    for slope in &slopes {
        alpha.iter_mut().zip(*slope).for_each(|(alpha, slope)| *alpha += f64::from(*slope));
    }
    let count = slopes.len() as f64;
    let sum = |map: &&[f32]| -> f64 {
        map.iter().zip(&alpha).map(|(value, alpha)| f64::from(*value) * alpha / count).sum()
    };
    maps.iter().map(|map| sum(map).max(0.0) as f32).collect()
}

impl Attention {
    /// The share of a map that lies in the central third of height and width: the 32×32 of 96×96
    /// pixels that decide PatchCamelyon's labels (Veeling et al. 2018). A map that is the same
    /// everywhere has 1/9. Cells on the border of the box count by the part that is inside; none for
    /// a map without any weight.
    pub fn share_inside(&self, image: usize) -> Option<f64> {
        let (rows, columns) = (thirds(self.height), thirds(self.width));
        let (mut inside, mut all) = (0.0, 0.0);
        for (line, row) in self.maps[image].chunks_exact(self.width).zip(&rows) {
            for (value, column) in line.iter().zip(&columns) {
                inside += f64::from(*value) * row * column;
                all += f64::from(*value);
            }
        }
        (all > 0.0).then(|| inside / (9.0 * all))
    }
}

/// How many thirds of each of n equal cells of a side lie in its central third.
fn thirds(cells: usize) -> Vec<f64> {
    // Cell i is [3i, 3i + 3) where the box is [n, 2n).
    let part = |cell: usize| {
        let (from, to) = ((3 * cell).max(cells), (3 * cell + 3).min(2 * cells));
        to.saturating_sub(from) as f64
    };
    (0..cells).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_is_the_central_third_of_any_grid() {
        assert_eq!(thirds(3), [0.0, 3.0, 0.0]);
        assert_eq!(thirds(6), [0.0, 0.0, 3.0, 3.0, 0.0, 0.0]);
        assert_eq!(thirds(1), [1.0]);
        assert_eq!(thirds(4), [0.0, 2.0, 2.0, 0.0]);
        let of = |height, width, map: &[f32]| {
            Attention { method: Method::GradCam, height, width, maps: vec![map.to_vec()] }
                .share_inside(0)
        };
        assert_eq!(of(3, 3, &[1.0; 9]), Some(1.0 / 9.0));
        assert_eq!(of(3, 3, &[0.0, 0.0, 0.0, 0.0, 3.0, 1.0, 0.0, 0.0, 0.0]), Some(0.75));
        assert_eq!(of(1, 1, &[5.0]), Some(1.0 / 9.0));
        assert_eq!(of(2, 2, &[0.0; 4]), None);
    }
}
