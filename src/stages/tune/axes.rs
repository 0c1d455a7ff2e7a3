//! The independent choices of a product: a parameter each, or parameters that advance together.

use super::grid::{Domain, Product, order};

/// One independent choice.
pub struct Axis<'a> {
    /// The parameters that it sets, with what they are set to.
    pub parameters: Vec<(&'a str, &'a Domain)>,
}

impl<'a> Axis<'a> {
    /// The places of the listed values in the order of trying; none where the values are drawn from
    /// a range. Those of parameters that advance together keep their order.
    pub fn listed(&self) -> Option<Vec<usize>> {
        match &self.parameters[..] {
            [(_, Domain::List(values))] => Some(order(values)),
            [(_, Domain::List(values)), ..] => Some((0..values.len()).collect()),
            _ => None,
        }
    }
}

/// The axes of a product, in the order of their first parameters.
pub fn axes<'a>(product: &'a Product, zip: &[Vec<String>]) -> Vec<Axis<'a>> {
    let mut axes: Vec<Axis> = Vec::new();
    for (key, domain) in product {
        let together = zip.iter().find(|group| group.contains(key));
        let first = |axis: &&mut Axis| {
            together.is_some_and(|group| group.iter().any(|g| g == axis.parameters[0].0))
        };
        match axes.iter_mut().find(first) {
            Some(axis) => axis.parameters.push((key, domain)),
            None => axes.push(Axis { parameters: vec![(key, domain)] }),
        }
    }
    axes
}
