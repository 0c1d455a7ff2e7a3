//! Operations that are cheaper as one: an activation, an addition or (for inference) a batch norm
//! becomes part of the operation before it. Each such merge saves a pass over memory.

use super::{Node, Op, Plan, Value};
use crate::nn::kernels::After;

/// What the merged operations are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A batch norm needs the values before it on the way back, and its own statistics.
    Training,
    /// A batch norm is a scale and a shift, which the convolution before it takes in.
    Inference,
}

impl Plan {
    /// The operations of blocks `from..to`, merged where that is the same.
    ///
    /// `kept` values stay what they are, because someone else reads them.
    pub fn merged(&self, from: usize, to: usize, kept: &[Value], purpose: Purpose) -> Vec<Node> {
        let within = |node: &&Node| (from..to).contains(&node.block);
        let mut nodes: Vec<Node> = self.nodes.iter().filter(within).cloned().collect();
        let mut at = 0;
        while at < nodes.len() {
            match merge(&nodes, at, kept, purpose) {
                Some((before, merged)) => {
                    // The merged operation stands at the later place: all its inputs are there.
                    nodes[at] = merged;
                    nodes.remove(before);
                }
                None => at += 1,
            }
        }
        nodes
    }
}

/// Node `at` and one that it reads as one operation, and the place of the other.
fn merge(nodes: &[Node], at: usize, kept: &[Value], purpose: Purpose) -> Option<(usize, Node)> {
    let node = &nodes[at];
    let alone = |value: Value| {
        let readers = nodes.iter().flat_map(|n| &n.inputs).filter(|read| **read == value).count();
        readers == 1 && !kept.contains(&value)
    };
    for (which, value) in node.inputs.iter().enumerate() {
        let Some(before) = nodes[..at].iter().position(|n| n.value == *value) else { continue };
        if !alone(*value) {
            continue;
        }
        let other = (node.inputs.len() == 2).then(|| node.inputs[1 - which]);
        if let Some((op, inputs)) = as_one(&nodes[before], &node.op, other, purpose) {
            return Some((before, Node { op, inputs, ..node.clone() }));
        }
    }
    None
}

/// `first` and `then` as one operation. `other` is what `then` adds.
fn as_one(
    first: &Node,
    then: &Op,
    other: Option<Value>,
    purpose: Purpose,
) -> Option<(Op, Vec<Value>)> {
    let mut inputs = first.inputs.clone();
    let op = match (first.op.clone(), then) {
        (
            Op::Conv { geometry, weight, bias, norm, after: After::Nothing },
            Op::Activation(after),
        ) => Op::Conv { geometry, weight, bias, norm, after: *after },
        (Op::Norm { norm, after: After::Nothing }, Op::Activation(after)) => {
            Op::Norm { norm, after: *after }
        }
        (Op::Add(After::Nothing), Op::Activation(after)) => Op::Add(*after),
        (Op::Norm { norm, after: After::Nothing }, Op::Add(after)) if inputs.len() == 1 => {
            inputs.extend(other);
            Op::Norm { norm, after: *after }
        }
        (
            Op::Conv { geometry, weight, bias, norm: None, after: After::Nothing },
            Op::Norm { norm, after },
        ) if purpose == Purpose::Inference && inputs.len() == 1 => {
            inputs.extend(other);
            Op::Conv { geometry, weight, bias, norm: Some(*norm), after: *after }
        }
        (Op::Conv { geometry, weight, bias, norm, after: After::Nothing }, Op::Add(after))
            if purpose == Purpose::Inference && inputs.len() == 1 =>
        {
            inputs.extend(other);
            Op::Conv { geometry, weight, bias, norm, after: *after }
        }
        _ => return None,
    };
    Some((op, inputs))
}
