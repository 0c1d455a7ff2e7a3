//! What Winograd's convolution promises: right sums within its bound, in the documented order,
//! with the same bits everywhere.

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

// The documented transforms of one axis, by hand, at the points 0, ±5/8, ±3/2 and ∞.
const P: f32 = 0.625;
const Q: f32 = 1.5;

fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}

fn input(x: &[f32]) -> Vec<f32> {
    let (even_p, odd_p) = (fma(-2.25, x[2], x[4]), fma(-2.25, x[1], x[3]));
    let (even_q, odd_q) = (fma(-0.390625, x[2], x[4]), fma(-0.390625, x[1], x[3]));
    vec![
        fma(0.87890625, x[0], fma(-2.640625, x[2], x[4])),
        fma(P, odd_p, even_p),
        fma(-P, odd_p, even_p),
        fma(Q, odd_q, even_q),
        fma(-Q, odd_q, even_q),
        fma(0.87890625, x[1], fma(-2.640625, x[3], x[5])),
    ]
}

fn weights(g: &[f32]) -> Vec<f32> {
    let (at_p, at_q) = (-4096.0 / 5950.0, 256.0 / 2142.0);
    let (even_p, even_q) = (fma(0.390625, g[2], g[0]), fma(2.25, g[2], g[0]));
    vec![
        g[0] * (256.0 / 225.0),
        fma(P, g[1], even_p) * at_p,
        fma(-P, g[1], even_p) * at_p,
        fma(Q, g[1], even_q) * at_q,
        fma(-Q, g[1], even_q) * at_q,
        g[2],
    ]
}

fn output(m: &[f32]) -> Vec<f32> {
    let (even_p, odd_p, even_q, odd_q) = (m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]);
    vec![
        m[0] + even_p + even_q,
        fma(P, odd_p, Q * odd_q),
        fma(0.390625, even_p, 2.25 * even_q),
        fma(0.244_140_63, odd_p, fma(3.375, odd_q, m[5])),
    ]
}

fn output_grad(y: &[f32]) -> Vec<f32> {
    let (even_p, odd_p) = (fma(0.390625, y[2], y[0]), fma(0.390625, y[3], y[1]));
    let (even_q, odd_q) = (fma(2.25, y[2], y[0]), fma(2.25, y[3], y[1]));
    vec![
        y[0],
        fma(P, odd_p, even_p),
        fma(-P, odd_p, even_p),
        fma(Q, odd_q, even_q),
        fma(-Q, odd_q, even_q),
        y[3],
    ]
}

fn weights_grad(u: &[f32]) -> Vec<f32> {
    let (at_p, at_q) = (-4096.0 / 5950.0, 256.0 / 2142.0);
    let (even_p, odd_p) = ((u[1] + u[2]) * at_p, (u[1] - u[2]) * at_p);
    let (even_q, odd_q) = ((u[3] + u[4]) * at_q, (u[3] - u[4]) * at_q);
    vec![
        fma(256.0 / 225.0, u[0], even_p + even_q),
        fma(P, odd_p, Q * odd_q),
        fma(0.390625, even_p, fma(2.25, even_q, u[5])),
    ]
}

/// Along columns first, then along rows, of a square tile.
fn both(axis: fn(&[f32]) -> Vec<f32>, tile: &[f32]) -> Vec<f32> {
    let side = tile.len().isqrt();
    let columns: Vec<Vec<f32>> = (0..side)
        .map(|x| axis(&tile[x..].iter().step_by(side).copied().collect::<Vec<_>>()))
        .collect();
    let rows = 0..columns[0].len();
    rows.flat_map(|y| axis(&columns.iter().map(|column| column[y]).collect::<Vec<_>>())).collect()
}

/// A square of a map, zeros off it: `map[(pixel · images + image) · channels + channel]`.
fn square(
    map: &[f32],
    (height, width): (usize, usize),
    (top, left, side): (isize, isize, isize),
    at: impl Fn(usize) -> usize,
) -> Vec<f32> {
    let places = (0..side * side).map(|i| (top + i / side, left + i % side));
    places
        .map(|(y, x)| {
            let on = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
            if on { map[at(y as usize * width + x as usize)] } else { 0.0 }
        })
        .collect()
}

/// The documented order, added up by hand: frequencies of the tile, channels from 0, the output's
/// transform, bias, residual.
fn forward_in_order(g: &Geometry) -> Vec<f32> {
    let (x, w) = (floats(g.input_len(), "x"), floats(g.weights(), "w"));
    let (bias, residual) = (floats(g.filters, "bias"), floats(g.output_len(), "residual"));
    let taps = |c: usize, o: usize| -> Vec<f32> {
        (0..9).map(|tap| w[(tap * g.channels + c) * g.filters + o]).collect()
    };
    let mut y =
        sweep(g.images, (g.channels, g.filters), (g.input, g.output), g.lead, &x, |c, o| {
            both(weights, &taps(c, o))
        });
    for (i, y) in y.iter_mut().enumerate() {
        *y = *y + bias[i % g.filters] + residual[i];
    }
    y
}

/// The same with filters in place of channels, and windows turned around.
fn data_grad_in_order(g: &Geometry) -> Vec<f32> {
    let (dy, w) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let taps = |c: usize, o: usize| -> Vec<f32> {
        (0..9).rev().map(|tap| w[(tap * g.channels + c) * g.filters + o]).collect()
    };
    sweep(g.images, (g.filters, g.channels), (g.output, g.input), 2 - g.lead, &dy, |o, c| {
        both(weights, &taps(c, o))
    })
}

fn sweep(
    images: usize,
    (depth, columns): (usize, usize),
    (from, to): ((usize, usize), (usize, usize)),
    lead: usize,
    x: &[f32],
    weights: impl Fn(usize, usize) -> Vec<f32>,
) -> Vec<f32> {
    let mut y = vec![0f32; to.0 * to.1 * images * columns];
    let tiles =
        (0..to.0).step_by(4).flat_map(|top| (0..to.1).step_by(4).map(move |left| (top, left)));
    for (top, left) in tiles {
        for n in 0..images {
            let corner = (top as isize - lead as isize, left as isize - lead as isize, 6);
            let frequencies: Vec<Vec<f32>> = (0..depth)
                .map(|c| {
                    both(input, &square(x, from, corner, |pixel| (pixel * images + n) * depth + c))
                })
                .collect();
            for o in 0..columns {
                let mut sums = vec![0f32; 36];
                for (c, x) in frequencies.iter().enumerate() {
                    for (sum, (x, w)) in sums.iter_mut().zip(x.iter().zip(weights(c, o))) {
                        *sum = fma(*x, w, *sum);
                    }
                }
                for (i, value) in both(output, &sums).into_iter().enumerate() {
                    let (row, column) = (top + i / 4, left + i % 4);
                    if row < to.0 && column < to.1 {
                        y[((row * to.1 + column) * images + n) * columns + o] = value;
                    }
                }
            }
        }
    }
    y
}

#[test]
fn sums_are_added_in_the_documented_order() {
    for g in [
        geometry(1, (4, 4), (1, 1), (1, 1)),
        geometry(3, (6, 9), (5, 3), (1, 1)),
        geometry(13, (5, 4), (18, 33), (0, 2)),
        geometry(2, (3, 11), (7, 17), (2, 0)),
    ] {
        let (y, dx) = (bits(&forward_in_order(&g)), bits(&data_grad_in_order(&g)));
        for isa in Isa::available() {
            assert!(bits(&forward(isa, &g, After::Nothing)) == y, "y, {isa:?}, {g:?}");
            assert!(bits(&data_grad(isa, &g)) == dx, "dx, {isa:?}, {g:?}");
        }
    }
}

/// Weights beyond the cache and batches beyond it are cut otherwise, which changes no sum.
#[test]
fn large_layers_are_added_in_the_same_order() {
    for g in [
        geometry(2, (5, 5), (100, 130), (1, 1)),
        geometry(300, (3, 2), (16, 17), (1, 1)),
        geometry(70, (3, 2), (90, 100), (1, 1)),
    ] {
        let y = bits(&forward_in_order(&g));
        let isa = Isa::chosen().unwrap();
        assert!(bits(&forward(isa, &g, After::Nothing)) == y, "{g:?}");
    }
}

/// The documented order of one frequency: chunks of rows (tile, image) from 0, a group adds its
/// chunks, the groups are added. `chunks[group][chunk]` are the rows.
fn weight_grad_in_order(g: &Geometry, chunks: &[Vec<Vec<(usize, usize)>>]) -> Vec<f32> {
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    let across = g.output.1.div_ceil(4);
    let lead = g.lead as isize;
    // By row, then channel, 36 frequencies.
    let frequencies = |(tile, n): (usize, usize)| -> [Vec<Vec<f32>>; 2] {
        let (top, left) = ((tile / across * 4) as isize, (tile % across * 4) as isize);
        let of_x = |c| {
            let place = (top - lead, left - lead, 6);
            both(
                input,
                &square(&x, g.input, place, |pixel| (pixel * g.images + n) * g.channels + c),
            )
        };
        let of_dy = |o| {
            let place = (top, left, 4);
            both(
                output_grad,
                &square(&dy, g.output, place, |pixel| (pixel * g.images + n) * g.filters + o),
            )
        };
        [(0..g.channels).map(of_x).collect(), (0..g.filters).map(of_dy).collect()]
    };
    let size = g.channels * g.filters * 36;
    let add = |sums: Vec<Vec<f32>>| -> Vec<f32> {
        let add = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).map(|(a, b)| a + b).collect();
        sums.into_iter().reduce(add).unwrap()
    };
    let sum = |rows: &Vec<(usize, usize)>| {
        let mut sums = vec![0f32; size];
        for row in rows {
            let [x, dy] = frequencies(*row);
            for (i, sums) in sums.chunks_exact_mut(36).enumerate() {
                let (x, dy) = (&x[i / g.filters], &dy[i % g.filters]);
                sums.iter_mut()
                    .zip(x.iter().zip(dy))
                    .for_each(|(sum, (x, d))| *sum = fma(*x, *d, *sum));
            }
        }
        sums
    };
    let total = add(chunks.iter().map(|group| add(group.iter().map(sum).collect())).collect());
    let mut dw = vec![0f32; g.weights()];
    for (i, frequencies) in total.chunks_exact(36).enumerate() {
        for (tap, weight) in both(weights_grad, frequencies).into_iter().enumerate() {
            dw[tap * g.channels * g.filters + i] = weight;
        }
    }
    dw
}

/// Chunks have about 196608 / (6 · 90) = 364 rows here, and there are at most 4 groups.
#[test]
fn weight_gradient_adds_rows_in_chunks_and_groups() {
    let rows =
        |tiles: std::ops::Range<usize>, images: std::ops::Range<usize>| -> Vec<(usize, usize)> {
            tiles.flat_map(|tile| images.clone().map(move |image| (tile, image))).collect()
        };
    // 28 tiles of 13 images are 364 rows: chunks of 28, 28 and 25 tiles, each a group.
    let tiles = geometry(13, (36, 34), (40, 50), (1, 1));
    let of_tiles: Vec<_> =
        [0..28, 28..56, 56..81].into_iter().map(|tiles| vec![rows(tiles, 0..13)]).collect();
    // 400 images are two halves of a tile; five tiles make ten chunks, so groups of 2, 3, 2, 3.
    let images = geometry(400, (3, 17), (40, 50), (1, 1));
    let halves: Vec<_> =
        (0..10).map(|i| rows(i / 2..i / 2 + 1, i % 2 * 200..i % 2 * 200 + 200)).collect();
    let of_images = [0..2, 2..5, 5..7, 7..10].map(|group| halves[group].to_vec()).to_vec();
    for (g, chunks) in [(tiles, of_tiles), (images, of_images)] {
        let expected = bits(&weight_grad_in_order(&g, &chunks));
        for isa in Isa::available() {
            assert!(bits(&weight_grad(isa, &g)) == expected, "{isa:?}, {g:?}");
        }
        let plain = vec![vec![chunks.concat().concat()]];
        assert!(bits(&weight_grad_in_order(&g, &plain)) != expected, "the order must matter here");
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
