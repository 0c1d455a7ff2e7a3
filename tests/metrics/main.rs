//! The metrics as a specification: hand-worked cases, laws, and what they refuse.

mod bootstrap;
mod confusion;
mod laws;
mod references;
mod refusals;
mod roc;
mod scores;
mod tests_between;
mod thin;

/// A random classifier's world: labels of both classes and probabilities with ties.
fn labelled() -> impl proptest::strategy::Strategy<Value = (Vec<u8>, Vec<f32>)> {
    use proptest::collection::vec;
    use proptest::prelude::*;
    vec((0..=1_u8, 0..=20_u16), 2..80).prop_map(|images| {
        let (mut labels, steps): (Vec<u8>, Vec<u16>) = images.into_iter().unzip();
        (labels[0], labels[1]) = (0, 1);
        (labels, steps.into_iter().map(|s| f32::from(s) / 20.0).collect())
    })
}
