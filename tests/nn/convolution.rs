//! Convolutions promise the right sums in one order, with the same bits on every instruction set
//! and with any number of threads; grouped, depthwise and dilated ones too.

mod by_hand;

use microtome::data::random::Random;
use microtome::nn::kernels::geometry::Geometry;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::kernels::{After, Epilogue, conv, depthwise, pack, weight_grad};
use proptest::prelude::*;

use by_hand::{data_grad_in_order, forward_in_order, products, weight_grad_in_f64};

pub fn floats(len: usize, purpose: &'static str) -> Vec<f32> {
    let mut random = Random::new(0, purpose, 0, 0);
    (0..len).map(|_| random.normal()).collect()
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

pub fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

/// Any convolution whose window fits, a third of them grouped.
pub fn geometries() -> impl Strategy<Value = Geometry> {
    let dense = (Just(1usize), prop_oneof![3 => 1usize..40, 1 => Just(3)], 1usize..70);
    let grouped = (2usize..5, 1usize..7, 1usize..36);
    let channels = prop_oneof![2 => dense, 1 => grouped];
    (
        1usize..14,
        (1usize..10, 1usize..10),
        channels,
        (1usize..5, 1usize..5),
        1usize..4,
        1usize..4,
        0usize..5,
    )
        .prop_filter_map(
            "the window must fit",
            |(images, input, channels, kernel, stride, dilation, lead)| {
                let (groups, depth, filters) = channels;
                let g = geometry(
                    images,
                    input,
                    (groups * depth, groups * filters),
                    kernel,
                    stride,
                    lead,
                );
                dilated(Geometry { groups, ..g? }, dilation)
            },
        )
}

/// Any depthwise convolution whose window fits.
fn depthwises() -> impl Strategy<Value = Geometry> {
    let sizes = (1usize..14, (1usize..10, 1usize..10), 2usize..70, 1usize..4);
    (sizes, (1usize..5, 1usize..5), 1usize..4, 1usize..4, 0usize..5).prop_filter_map(
        "the window must fit",
        |((images, input, channels, multiplier), kernel, stride, dilation, lead)| {
            let g =
                geometry(images, input, (channels, channels * multiplier), kernel, stride, lead);
            dilated(Geometry { groups: channels, ..g? }, dilation)
        },
    )
}

pub fn geometry(
    images: usize,
    input: (usize, usize),
    (channels, filters): (usize, usize),
    kernel: (usize, usize),
    stride: usize,
    lead: usize,
) -> Option<Geometry> {
    let g = Geometry {
        images,
        input,
        channels,
        output: (0, 0),
        filters,
        kernel,
        stride,
        dilation: 1,
        groups: 1,
        lead,
    };
    dilated(g, 1)
}

/// The same with its taps further apart, if the window still fits.
fn dilated(g: Geometry, dilation: usize) -> Option<Geometry> {
    let side = |size: usize, window: usize| {
        Some((size + 2 * g.lead).checked_sub((window - 1) * dilation + 1)? / g.stride + 1)
    };
    let output = (side(g.input.0, g.kernel.0)?, side(g.input.1, g.kernel.1)?);
    Some(Geometry { output, dilation, ..g })
}

/// How a convolution is computed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Direct,
    Depthwise,
}

/// ReLU6 stands for the whole epilogue: a residual is added before it.
fn forward(way: Way, isa: Isa, g: &Geometry, after: After) -> Vec<f32> {
    let (x, weights) = (floats(g.input_len(), "x"), floats(g.weights(), "w"));
    let mut bias = floats(g.filters, "bias");
    bias.resize(pack::padded(g.filters), f32::NAN);
    let residual = (after == After::Relu6).then(|| floats(g.output_len(), "residual"));
    let epilogue = Epilogue { bias: Some(&bias), residual: residual.as_deref(), after };
    let mut y = vec![f32::NAN; g.output_len()];
    match way {
        Way::Direct => {
            let mut packed = vec![f32::NAN; pack::forward_len(g)];
            pack::forward(g, &weights, &mut packed);
            conv::forward(isa, g, &x, &packed, epilogue, &mut y);
        }
        Way::Depthwise => depthwise::forward(isa, g, &x, &weights, epilogue, &mut y),
    }
    y
}

fn data_grad(way: Way, isa: Isa, g: &Geometry) -> Vec<f32> {
    let (dy, weights) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let mut dx = vec![f32::NAN; g.input_len()];
    match way {
        Way::Direct => {
            let mut packed = vec![f32::NAN; pack::backward_len(g)];
            pack::backward(g, &weights, &mut packed);
            conv::data_grad(isa, g, &dy, &packed, &mut dx);
        }
        Way::Depthwise => depthwise::data_grad(isa, g, &dy, &weights, &mut dx),
    }
    dx
}

fn weight_gradient(way: Way, isa: Isa, g: &Geometry) -> Vec<f32> {
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    if let Way::Depthwise = way {
        return depthwise::weight_grad(isa, g, &x, &dy);
    }
    let filters = g.filters / g.groups;
    let mut padded = vec![f32::NAN; dy.len() / filters * pack::padded(filters)];
    pack::pad_rows(&dy, filters, &mut padded);
    let mut partial = vec![f32::NAN; weight_grad::partial_len(g)];
    weight_grad::weight_grad(isa, g, &x, &padded, &mut partial);
    partial.truncate(g.weights());
    partial
}

fn everything(way: Way, isa: Isa, g: &Geometry) -> Vec<Vec<u32>> {
    let results = [
        forward(way, isa, g, After::Nothing),
        forward(way, isa, g, After::Relu),
        forward(way, isa, g, After::Relu6),
        data_grad(way, isa, g),
        weight_gradient(way, isa, g),
    ];
    results.iter().map(|values| bits(values)).collect()
}

/// Sums as documented, and the same bits on every instruction set and with 1 to 3 threads.
fn check(way: Way, g: &Geometry) {
    let scalar = with_threads(1, || everything(way, Isa::named("scalar").unwrap(), g));
    for isa in Isa::available() {
        for threads in 1..=3 {
            let results = with_threads(threads, || everything(way, isa, g));
            assert!(results == scalar, "{way:?} on {isa:?} with {threads} threads: {g:?}");
        }
    }
    let sums = forward_in_order(g);
    assert_eq!(scalar[0], bits(&sums), "{way:?} forward {g:?}");
    let finished: Vec<f32> = sums
        .iter()
        .zip(floats(g.output_len(), "residual"))
        .map(|(sum, residual)| (sum + residual).clamp(0.0, 6.0))
        .collect();
    assert_eq!(scalar[2], bits(&finished), "{way:?} epilogue {g:?}");
    assert_eq!(scalar[3], bits(&data_grad_in_order(g)), "{way:?} data gradient {g:?}");
    for (ours, expected) in scalar[4].iter().zip(weight_grad_in_f64(g)) {
        let ours = f64::from(f32::from_bits(*ours));
        assert!((ours - expected).abs() < 1e-3, "{way:?} {ours} {expected} {g:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_sum_is_in_order_on_every_instruction_set(g in geometries()) {
        check(Way::Direct, &g);
    }

    #[test]
    fn depthwise_sums_are_in_order_on_every_instruction_set(g in depthwises()) {
        check(Way::Depthwise, &g);
    }
}

/// Weights too many for the cache are walked in groups of blocks, which changes no sum.
#[test]
fn weights_beyond_the_cache_are_added_in_the_same_order() {
    check(Way::Direct, &geometry(3, (3, 4), (160, 200), (3, 3), 1, 1).unwrap());
}

/// One image of a large map: tiles along rows and columns, borders, several tasks.
#[test]
fn a_single_image_is_summed_in_the_same_order() {
    for stride in [1, 2] {
        check(Way::Direct, &geometry(1, (31, 29), (33, 40), (3, 5), stride, 2).unwrap());
        let g = geometry(1, (31, 29), (33, 33), (3, 5), stride, 2).unwrap();
        check(Way::Depthwise, &Geometry { groups: 33, ..g });
    }
}

/// A matrix product and sums channel by channel are the same convolution.
#[test]
fn a_depthwise_convolution_is_one_with_as_many_groups_as_channels() {
    for filters in [6, 18] {
        let g = geometry(2, (5, 4), (6, filters), (3, 3), 1, 1).unwrap();
        let g = Geometry { groups: 6, ..g };
        assert!(depthwise::applies(&g));
        let isa = Isa::chosen().unwrap();
        for after in [After::Nothing, After::Relu6] {
            let direct = forward(Way::Direct, isa, &g, after);
            assert_eq!(bits(&direct), bits(&forward(Way::Depthwise, isa, &g, after)));
        }
        assert_eq!(
            bits(&data_grad(Way::Direct, isa, &g)),
            bits(&data_grad(Way::Depthwise, isa, &g))
        );
    }
    assert!(!depthwise::applies(&geometry(1, (3, 3), (1, 4), (3, 3), 1, 1).unwrap()));
    let pairs = geometry(1, (3, 3), (8, 8), (3, 3), 1, 1).unwrap();
    assert!(!depthwise::applies(&Geometry { groups: 4, ..pairs }));
}

/// Output rows in groups, groups in stretches; a stretch is summed apart, a group adds its
/// stretches, the groups are added in order. One channel and filter, so the sum is over all.
#[test]
fn weight_gradient_adds_rows_in_stretches_and_groups() {
    // (rows, columns, rows of a group, rows of a stretch), 40 images: at most 8 groups, and
    // stretches of 512 / (columns · images) rows, rounded up.
    for (rows, columns, group, stretch) in
        [(10, 2, 2, 2), (32, 13, 4, 1), (23, 6, 3, 3), (40, 5, 5, 3)]
    {
        let g = geometry(40, (rows, columns), (1, 1), (1, 1), 1, 0).unwrap();
        let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
        let add = |sums: Vec<f32>| sums.into_iter().reduce(|sum, part| sum + part).unwrap();
        let every: Vec<usize> = (0..rows).collect();
        let products = |rows: &[usize]| {
            let (from, to) = (rows[0] * columns * 40, (rows[rows.len() - 1] + 1) * columns * 40);
            (from..to).fold(0f32, |sum, i| x[i].mul_add(dy[i], sum))
        };
        let groups =
            every.chunks(group).map(|group| add(group.chunks(stretch).map(products).collect()));
        let expected = add(groups.collect());
        for isa in Isa::available() {
            let ours = weight_gradient(Way::Direct, isa, &g);
            assert_eq!(bits(&ours), [expected.to_bits()], "{rows} rows, {isa:?}");
        }
        assert_ne!(products(&every).to_bits(), expected.to_bits(), "the order must matter here");
    }
}

/// Three channels: the pixels that a whole row of the window (or four of its columns) reads on the
/// map, then the others, each a sum from 0.
#[test]
fn weight_gradient_of_three_channels_adds_borders_after_the_rest() {
    for (images, input, kernel, stride, lead) in
        [(2, (4, 9), (3, 3), 1, 1), (3, (5, 11), (2, 7), 2, 3), (1, (3, 2), (3, 5), 1, 2)]
    {
        let g = geometry(images, input, (3, 35), kernel, stride, lead).unwrap();
        assert!(g.output.0 <= 8, "each row is a group of its own");
        let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
        let all = products(&g);
        let on_map = |out: usize, tap: usize| all.iter().any(|p| (p.1, p.2) == (out, tap));
        let mut expected = vec![0f32; g.weights()];
        for row in 0..g.output.0 {
            for (w, total) in expected.iter_mut().enumerate() {
                let (tap, c, o) = (w / 35 / 3, w / 35 % 3, w % 35);
                let (ky, kx) = (tap / kernel.1, tap % kernel.1);
                let together = kx / 4 * 4..(kx / 4 * 4 + 4).min(kernel.1);
                let mut sums = [0f32; 2];
                for (at, out, _) in all.iter().filter(|p| p.1 / g.output.1 == row && p.2 == tap) {
                    let whole = together.clone().all(|kx| on_map(*out, ky * kernel.1 + kx));
                    for n in 0..images {
                        let dy = dy[(out * images + n) * 35 + o];
                        let sum = &mut sums[usize::from(!whole)];
                        *sum = x[(at * images + n) * 3 + c].mul_add(dy, *sum);
                    }
                }
                *total += sums[0] + sums[1];
            }
        }
        for isa in Isa::available() {
            assert_eq!(bits(&weight_gradient(Way::Direct, isa, &g)), bits(&expected), "{isa:?}");
        }
    }
}

/// Rows by themselves in f32, then together in f64.
#[test]
fn depthwise_weight_gradient_adds_row_by_row() {
    let g = geometry(7, (9, 11), (19, 19), (3, 3), 1, 1).unwrap();
    let g = Geometry { groups: 19, ..g };
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    let mut rows = vec![vec![0f32; g.weights()]; g.output.0];
    for (at, out, tap) in products(&g) {
        for n in 0..7 {
            for c in 0..19 {
                let sum = &mut rows[out / g.output.1][tap * 19 + c];
                *sum = x[(at * 7 + n) * 19 + c].mul_add(dy[(out * 7 + n) * 19 + c], *sum);
            }
        }
    }
    let expected: Vec<f32> = (0..g.weights())
        .map(|w| rows.iter().map(|row| f64::from(row[w])).sum::<f64>() as f32)
        .collect();
    for isa in Isa::available() {
        assert_eq!(bits(&depthwise::weight_grad(isa, &g, &x, &dy)), bits(&expected), "{isa:?}");
    }
}

/// A 1 × 1 convolution with weight 1: the activations that sums go through as they are written.
#[test]
fn nan_goes_through_the_activation_of_a_convolution() {
    let g = geometry(5, (1, 1), (1, 33), (1, 1), 1, 0).unwrap();
    let mut packed = vec![0.0; pack::forward_len(&g)];
    pack::forward(&g, &[1.0; 33], &mut packed);
    for (after, expected) in [
        (After::Relu, [0.0, 2.0, f32::NAN, 6.0, 7.0]),
        (After::Relu6, [0.0, 2.0, f32::NAN, 6.0, 6.0]),
    ] {
        for isa in Isa::available() {
            let mut y = vec![0.0; g.output_len()];
            let epilogue = Epilogue { after, ..Epilogue::default() };
            conv::forward(isa, &g, &[-1.0, 2.0, f32::NAN, 6.0, 7.0], &packed, epilogue, &mut y);
            for (y, expected) in y.chunks(33).zip(expected) {
                assert_eq!(bits(y), bits(&[expected; 33]), "{after:?} {isa:?}");
            }
        }
    }
}
