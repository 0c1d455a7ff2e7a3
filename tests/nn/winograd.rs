//! What Winograd's convolution promises: right sums within its bound, in the documented order,
//! with the same bits everywhere.

mod order;

use microtome::data::random::Random;
use microtome::nn::kernels::buffer::Buffers;
use microtome::nn::kernels::convolution::{self, Algorithm};
use microtome::nn::kernels::geometry::Geometry;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::kernels::{After, Epilogue, pack, winograd};
use proptest::prelude::*;

fn floats(len: usize, purpose: &'static str) -> Vec<f32> {
    let mut random = Random::new(0, purpose, 0, 0);
    (0..len).map(|_| random.normal()).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A 3 × 3 window; `tail` is what it may cover below and right of the map.
fn geometry(
    images: usize,
    input: (usize, usize),
    (channels, filters): (usize, usize),
    (lead, tail): (usize, usize),
) -> Geometry {
    Geometry {
        images,
        input,
        channels,
        output: (input.0 + lead + tail - 2, input.1 + lead + tail - 2),
        filters,
        kernel: (3, 3),
        stride: 1,
        dilation: 1,
        groups: 1,
        lead,
    }
}

fn geometries() -> impl Strategy<Value = Geometry> {
    let channels = (1usize..70, 1usize..70);
    (1usize..14, (3usize..12, 3usize..12), channels, (0usize..3, 0usize..3))
        .prop_map(|(images, input, channels, pad)| geometry(images, input, channels, pad))
}

fn forward(isa: Isa, g: &Geometry, after: After) -> Vec<f32> {
    let (x, weights) = (floats(g.input_len(), "x"), floats(g.weights(), "w"));
    let mut bias = floats(g.filters, "bias");
    bias.resize(pack::padded(g.filters), 0.0);
    let residual = floats(g.output_len(), "residual");
    let mut packed = vec![f32::NAN; winograd::forward_len(g)];
    winograd::pack_forward(isa, g, &weights, &mut packed);
    let epilogue = Epilogue { bias: Some(&bias), residual: Some(&residual), after };
    let mut y = vec![f32::NAN; g.output_len()];
    winograd::forward(isa, g, &x, &packed, epilogue, &Buffers::default(), &mut y);
    y
}

fn data_grad(isa: Isa, g: &Geometry) -> Vec<f32> {
    let (dy, weights) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let mut packed = vec![f32::NAN; winograd::backward_len(g)];
    winograd::pack_backward(isa, g, &weights, &mut packed);
    let mut dx = vec![f32::NAN; g.input_len()];
    winograd::data_grad(isa, g, &dy, &packed, &Buffers::default(), &mut dx);
    dx
}

fn weight_grad(isa: Isa, g: &Geometry) -> Vec<f32> {
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    winograd::weight_grad(isa, g, &x, &dy, &Buffers::default()).to_vec()
}

fn everything(isa: Isa, g: &Geometry) -> Vec<Vec<u32>> {
    let mut results: Vec<Vec<f32>> =
        [After::Nothing, After::Relu, After::Relu6].map(|after| forward(isa, g, after)).into();
    results.extend([data_grad(isa, g), weight_grad(isa, g)]);
    results.iter().map(|values| bits(values)).collect()
}

fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

/// All sums in f64, from the definition: forward (with bias and residual), data and weight gradient.
fn reference(g: &Geometry) -> [Vec<f64>; 3] {
    let f64s = |len, purpose| floats(len, purpose).into_iter().map(f64::from).collect::<Vec<_>>();
    let (x, w, dy) = (f64s(g.input_len(), "x"), f64s(g.weights(), "w"), f64s(g.output_len(), "dy"));
    let bias = f64s(g.filters, "bias");
    let mut y: Vec<f64> = f64s(g.output_len(), "residual");
    y.iter_mut().enumerate().for_each(|(i, y)| *y += bias[i % g.filters]);
    let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    for out in 0..g.output.0 * g.output.1 {
        g.reads(out / g.output.1, out % g.output.1, |tap, at| {
            for n in 0..g.images {
                for c in 0..g.channels {
                    let i = (at * g.images + n) * g.channels + c;
                    for o in 0..g.filters {
                        let (k, j) = (
                            (tap * g.channels + c) * g.filters + o,
                            (out * g.images + n) * g.filters + o,
                        );
                        y[j] += x[i] * w[k];
                        dx[i] += dy[j] * w[k];
                        dw[k] += x[i] * dy[j];
                    }
                }
            }
        });
    }
    [y, dx, dw]
}

/// Five millionths of the largest: some twice what a plain sum in f32 errs by.
fn assert_near(ours: &[f32], expected: &[f64], what: &str) {
    let largest = expected.iter().fold(1.0f64, |largest, v| largest.max(v.abs()));
    for (i, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let error = (f64::from(*ours) - expected).abs() / largest;
        assert!(error <= 5e-6, "{what} [{i}]: {ours}, expected {expected} (largest {largest})");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bits_do_not_depend_on_instruction_set_or_threads(g in geometries()) {
        let scalar = with_threads(1, || everything(Isa::named("scalar").unwrap(), &g));
        for isa in Isa::available() {
            for threads in 1..=3 {
                let results = with_threads(threads, || everything(isa, &g));
                prop_assert!(results == scalar, "{isa:?} with {threads} threads differs on {g:?}");
            }
        }
    }

    #[test]
    fn each_direction_is_the_sum_of_products(g in geometries()) {
        let isa = Isa::chosen().unwrap();
        let [y, dx, dw] = reference(&g);
        assert_near(&forward(isa, &g, After::Nothing), &y, "y");
        assert_near(&data_grad(isa, &g), &dx, "dx");
        assert_near(&weight_grad(isa, &g), &dw, "dw");
    }
}

/// Which algorithm a 3 × 3 window with a margin of 1 gets.
#[test]
fn the_shape_alone_chooses_the_algorithm() {
    let shape = |images, size, channels, filters| {
        geometry(images, (size, size), (channels, filters), (1, 1))
    };
    let of =
        |images, size, channels, filters| Algorithm::of(&shape(images, size, channels, filters));
    assert_eq!(of(32, 96, 3, 32), Algorithm::Direct, "few channels: transforms cost too much");
    assert_eq!(of(32, 96, 32, 32), Algorithm::Winograd);
    assert_eq!(of(1, 48, 64, 64), Algorithm::Winograd);
    assert_eq!(of(32, 6, 256, 256), Algorithm::Winograd);
    assert_eq!(of(1, 6, 256, 256), Algorithm::Direct, "the weights' transforms cost too much");
    let few = shape(1, 6, 256, 256);
    assert_eq!(Algorithm::of_any_batch(&few), Algorithm::Winograd, "whatever the batch");
    assert_eq!(of(32, 3, 512, 512), Algorithm::Direct, "a tile as large as the map is half empty");
    let g = geometry(32, (48, 48), (64, 64), (1, 1));
    for other in [
        Geometry { stride: 2, output: (24, 24), ..g },
        Geometry { kernel: (1, 1), lead: 0, ..g },
        Geometry { dilation: 2, lead: 2, ..g },
        Geometry { groups: 2, ..g },
    ] {
        assert_eq!(Algorithm::of(&other), Algorithm::Direct, "{other:?}");
    }
}

/// The facade gives each algorithm's own bits.
#[test]
fn the_chosen_algorithm_computes() {
    let (isa, buffers) = (Isa::chosen().unwrap(), Buffers::default());
    for (side, chosen) in [(16, Algorithm::Winograd), (3, Algorithm::Direct)] {
        let g = geometry(5, (side, side), (40, 33), (1, 1));
        assert_eq!(Algorithm::of(&g), chosen);
        let (x, dy, w) =
            (floats(g.input_len(), "x"), floats(g.output_len(), "dy"), floats(g.weights(), "w"));
        let mut bias = floats(g.filters, "bias");
        bias.resize(pack::padded(g.filters), 0.0);
        let residual = floats(g.output_len(), "residual");
        let epilogue =
            Epilogue { bias: Some(&bias), residual: Some(&residual), after: After::Nothing };
        let (mut y, mut dx) = (vec![f32::NAN; g.output_len()], vec![f32::NAN; g.input_len()]);
        let packed = convolution::pack_forward(isa, chosen, &g, &w, &buffers);
        convolution::forward(isa, &g, &x, &packed, epilogue, &buffers, &mut y);
        let mut packed = vec![f32::NAN; convolution::backward_len(&g)];
        convolution::pack_backward(isa, &g, &w, &mut packed);
        convolution::data_grad(isa, &g, &dy, &packed, &buffers, &mut dx);
        let dw = convolution::weight_grad(isa, &g, &x, &dy, &buffers);
        let [exact_y, exact_dx, exact_dw] = reference(&g);
        assert_near(&y, &exact_y, "y");
        assert_near(&dx, &exact_dx, "dx");
        assert_near(&dw, &exact_dw, "dw");
        let same = bits(&y) == bits(&forward(isa, &g, After::Nothing));
        assert_eq!(same, chosen == Algorithm::Winograd);
    }
}
