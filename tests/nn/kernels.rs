//! What each kernel promises: the right sums, in one order, with the same bits everywhere.

use microtome::data::random::Random;
use microtome::nn::kernels::buffer::Buffers;
use microtome::nn::kernels::geometry::Geometry;
use microtome::nn::kernels::isa::{Isa, IsaProblem};
use microtome::nn::kernels::{
    After, Epilogue, conv, elementwise, norm, pack, pooling, reduce, weight_grad,
};
use proptest::prelude::*;

fn floats(len: usize, purpose: &'static str) -> Vec<f32> {
    let mut random = Random::new(0, purpose, 0, 0);
    (0..len).map(|_| random.normal()).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Any convolution whose window fits.
fn geometries() -> impl Strategy<Value = Geometry> {
    let sizes = (1usize..14, 1usize..9, 1usize..9, 1usize..40, 1usize..70);
    (sizes, 1usize..5, 1usize..5, 1usize..4, 0usize..4)
        .prop_filter_map("the window must fit", geometry)
}

type Sizes = ((usize, usize, usize, usize, usize), usize, usize, usize, usize);

fn geometry(
    ((images, height, width, channels, filters), kh, kw, stride, lead): Sizes,
) -> Option<Geometry> {
    let side =
        |size: usize, window: usize| Some((size + 2 * lead).checked_sub(window)? / stride + 1);
    Some(Geometry {
        images,
        input: (height, width),
        channels,
        output: (side(height, kh)?, side(width, kw)?),
        filters,
        kernel: (kh, kw),
        stride,
        dilation: 1,
        groups: 1,
        lead,
    })
}

fn forward(isa: Isa, g: &Geometry, after: After) -> Vec<f32> {
    let (x, weights) = (floats(g.input_len(), "x"), floats(g.weights(), "w"));
    let mut bias = floats(g.filters, "bias");
    bias.resize(pack::padded(g.filters), 0.0);
    let (mut packed, mut y) =
        (vec![f32::NAN; pack::forward_len(g)], vec![f32::NAN; g.output_len()]);
    pack::forward(g, &weights, &mut packed);
    // ReLU6 stands for the whole epilogue.
    let residual = (after == After::Relu6).then(|| floats(g.output_len(), "residual"));
    let epilogue = Epilogue { bias: Some(&bias), residual: residual.as_deref(), after };
    conv::forward(isa, g, &x, &packed, epilogue, &mut y);
    y
}

fn data_grad(isa: Isa, g: &Geometry) -> Vec<f32> {
    let (dy, weights) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let (mut packed, mut dx) =
        (vec![f32::NAN; pack::backward_len(g)], vec![f32::NAN; g.input_len()]);
    pack::backward(g, &weights, &mut packed);
    conv::data_grad(isa, g, &dy, &packed, &mut dx);
    dx
}

fn weight_gradient(isa: Isa, g: &Geometry) -> Vec<f32> {
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    let mut padded = vec![f32::NAN; g.output_len() / g.filters * pack::padded(g.filters)];
    pack::pad_rows(&dy, g.filters, &mut padded);
    let mut partial = vec![f32::NAN; weight_grad::partial_len(g)];
    weight_grad::weight_grad(isa, g, &x, &padded, &mut partial);
    partial.truncate(g.weights());
    partial
}

/// (input pixel, output pixel, tap) of every product of a convolution, outputs and taps in order.
fn products(g: &Geometry) -> Vec<(usize, usize, usize)> {
    let mut products = Vec::new();
    for out in 0..g.output.0 * g.output.1 {
        for tap in 0..g.taps() {
            let y = (out / g.output.1 * g.stride + tap / g.kernel.1).checked_sub(g.lead);
            let x = (out % g.output.1 * g.stride + tap % g.kernel.1).checked_sub(g.lead);
            if let (Some(y), Some(x)) = (y, x)
                && y < g.input.0
                && x < g.input.1
            {
                products.push((y * g.input.1 + x, out, tap));
            }
        }
    }
    products
}

/// All of a convolution's kernels, pooling, batch norm and sums on one shape.
fn everything(isa: Isa, g: &Geometry) -> Vec<Vec<u32>> {
    let mut results = vec![
        forward(isa, g, After::Nothing),
        forward(isa, g, After::Relu),
        forward(isa, g, After::Relu6),
        data_grad(isa, g),
        weight_gradient(isa, g),
    ];
    let x = floats(g.input_len(), "x");
    let (mean, variance) = norm::statistics(isa, &x, g.channels);
    let saved = norm::Saved {
        inverse_sd: variance.iter().map(|v| 1.0 / (v + 1e-5).sqrt()).collect(),
        mean,
        scale: floats(g.channels, "scale"),
        shift: floats(g.channels, "shift"),
    };
    for after in [After::Nothing, After::Relu] {
        let mut y = vec![f32::NAN; x.len()];
        norm::affine(isa, &x, &saved.scale, &saved.shift, after, &mut y);
        let mut d = floats(x.len(), "d");
        let (scale, shift) = norm::grad(isa, &x, &saved, after, &mut d);
        results.extend([y, d, scale, shift]);
    }
    let pool = Geometry { filters: g.channels, ..*g };
    if pool.lead <= pool.kernel.0.min(pool.kernel.1) / 2 {
        let (mut y, mut winner) =
            (vec![f32::NAN; pool.output_len()], vec![f32::NAN; pool.output_len()]);
        pooling::max(isa, &pool, &x, &mut y, &mut winner);
        let mut dx = vec![f32::NAN; x.len()];
        pooling::max_grad(isa, &pool, &y, &winner, &mut dx);
        results.extend([y.clone(), dx.clone()]);
        pooling::average(isa, &pool, &x, &mut y);
        pooling::average_grad(isa, &pool, &y, &mut dx);
        results.extend([y, dx]);
    }
    let mut dropped = vec![f32::NAN; x.len()];
    elementwise::dropout(isa, &x, 9, 0.3, &mut dropped);
    let mut masked = floats(x.len(), "d");
    results.push(reduce::mask_and_sum(isa, &x, After::Relu6, &mut masked, g.channels));
    results.push(reduce::column_sums(isa, &masked, g.channels));
    results.extend([dropped, masked, saved.mean, variance]);
    results.iter().map(|values| bits(values)).collect()
}

/// The documented order, added up by hand: bias, then taps, in each tap the channels.
fn forward_in_order(g: &Geometry) -> Vec<f32> {
    let (x, w, bias) =
        (floats(g.input_len(), "x"), floats(g.weights(), "w"), floats(g.filters, "bias"));
    let mut sums: Vec<f32> = (0..g.output_len()).map(|i| bias[i % g.filters]).collect();
    for (at, out, tap) in products(g) {
        for n in 0..g.images {
            for o in 0..g.filters {
                let sum = &mut sums[(out * g.images + n) * g.filters + o];
                for c in 0..g.channels {
                    let weight = w[(tap * g.channels + c) * g.filters + o];
                    *sum = x[(at * g.images + n) * g.channels + c].mul_add(weight, *sum);
                }
            }
        }
    }
    sums
}

/// The documented order: taps from top left to bottom right, in each the filters.
fn data_grad_in_order(g: &Geometry) -> Vec<f32> {
    let (dy, w) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let mut sums = vec![0f32; g.input_len()];
    let mut by_tap = products(g);
    by_tap.sort_by_key(|(at, _, tap)| (*at, *tap));
    for (at, out, tap) in by_tap {
        for n in 0..g.images {
            for c in 0..g.channels {
                let sum = &mut sums[(at * g.images + n) * g.channels + c];
                for o in 0..g.filters {
                    let weight = w[(tap * g.channels + c) * g.filters + o];
                    *sum = dy[(out * g.images + n) * g.filters + o].mul_add(weight, *sum);
                }
            }
        }
    }
    sums
}

fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

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
    fn forward_adds_taps_then_channels(g in geometries()) {
        let isa = Isa::chosen().unwrap();
        let sums = forward_in_order(&g);
        prop_assert_eq!(bits(&forward(isa, &g, After::Nothing)), bits(&sums));
        let finished: Vec<f32> = sums.iter().zip(floats(g.output_len(), "residual"))
            .map(|(sum, residual)| (sum + residual).clamp(0.0, 6.0)).collect();
        prop_assert_eq!(bits(&forward(isa, &g, After::Relu6)), bits(&finished));
    }

    #[test]
    fn data_gradient_adds_taps_then_filters(g in geometries()) {
        prop_assert_eq!(bits(&data_grad(Isa::chosen().unwrap(), &g)), bits(&data_grad_in_order(&g)));
    }

    /// The weight gradient's order depends on how rows are cut, so here only its value, in f64.
    #[test]
    fn weight_gradient_is_the_sum_of_products(g in geometries()) {
        let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
        let mut expected = vec![0f64; g.weights()];
        for (at, out, tap) in products(&g) {
            for n in 0..g.images {
                for c in 0..g.channels {
                    for o in 0..g.filters {
                        expected[(tap * g.channels + c) * g.filters + o] += f64::from(x[(at * g.images + n) * g.channels + c])
                            * f64::from(dy[(out * g.images + n) * g.filters + o]);
                    }
                }
            }
        }
        for (ours, expected) in weight_gradient(Isa::chosen().unwrap(), &g).iter().zip(expected) {
            prop_assert!((f64::from(*ours) - expected).abs() < 1e-3, "{} {}", ours, expected);
        }
    }
}

/// Weights too many for the cache are walked in groups of blocks, which changes no sum.
#[test]
fn weights_beyond_the_cache_are_added_in_the_same_order() {
    let g = geometry(((3, 4, 3, 160, 200), 3, 3, 1, 1)).unwrap();
    for isa in Isa::available() {
        assert!(bits(&forward(isa, &g, After::Nothing)) == bits(&forward_in_order(&g)), "{isa:?}");
        assert!(bits(&data_grad(isa, &g)) == bits(&data_grad_in_order(&g)), "{isa:?}");
    }
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
        let g = geometry(((40, rows, columns, 1, 1), 1, 1, 1, 0)).unwrap();
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
            assert_eq!(
                bits(&weight_gradient(isa, &g)),
                [expected.to_bits()],
                "{rows} rows, {isa:?}"
            );
        }
        assert_ne!(products(&every).to_bits(), expected.to_bits(), "the order must matter here");
    }
}

#[test]
fn a_missing_instruction_set_is_refused() {
    let problem = IsaProblem::Unsupported { asked: "avx512".into(), has: "avx2, scalar".into() };
    expect_test::expect![
        "MICROTOME_ISA is `avx512`, which this processor does not have: it has avx2, scalar"
    ]
    .assert_eq(&problem.to_string());
}

/// Sums by channel: chunks of 32768 / 3 rows in f32, chunks in f64.
#[test]
fn column_sums_add_chunks_in_order() {
    let rows = floats(3 * 30_000, "rows");
    let expected: Vec<f32> = (0..3)
        .map(|c| {
            let chunks = rows.chunks(3 * (32_768 / 3));
            chunks
                .map(|chunk| f64::from(chunk.chunks(3).fold(0f32, |sum, row| sum + row[c])))
                .sum::<f64>() as f32
        })
        .collect();
    for isa in Isa::available() {
        assert_eq!(bits(&reduce::column_sums(isa, &rows, 3)), bits(&expected), "{isa:?}");
    }
}

#[test]
fn batch_statistics_are_right_far_from_zero() {
    let values: Vec<f32> = floats(50_000, "rows").iter().map(|v| v * 0.01 + 100.0).collect();
    let (mean, variance) = norm::statistics(Isa::chosen().unwrap(), &values, 1);
    let expected = values.iter().map(|v| f64::from(*v)).sum::<f64>() / 50_000.0;
    let spread = values.iter().map(|v| (f64::from(*v) - expected).powi(2)).sum::<f64>() / 50_000.0;
    assert!((f64::from(mean[0]) - expected).abs() < 5e-5, "{} {expected}", mean[0]);
    assert!((f64::from(variance[0]) / spread - 1.0).abs() < 1e-3, "{} {spread}", variance[0]);
}

#[test]
fn dropout_drops_its_rate_and_keeps_the_mean() {
    let ones = vec![1.0; 100_000];
    let mut y = vec![f32::NAN; ones.len()];
    elementwise::dropout(Isa::chosen().unwrap(), &ones, 1, 0.25, &mut y);
    let dropped = y.iter().filter(|v| **v == 0.0).count();
    assert!((24_500..25_500).contains(&dropped), "{dropped}");
    assert!(y.iter().all(|v| *v == 0.0 || *v == 4.0 / 3.0));
    let mut other = vec![f32::NAN; ones.len()];
    elementwise::dropout(Isa::chosen().unwrap(), &ones, 2, 0.25, &mut other);
    let both = y.iter().zip(&other).filter(|(a, b)| **a == 0.0 && **b == 0.0).count();
    assert!((5_900..6_600).contains(&both), "keys share their masks: {both}");
}

#[test]
fn activations_let_nan_through_on_every_instruction_set() {
    let x = [-1.0, 0.0, 2.0, f32::NAN, f32::NEG_INFINITY, 6.0, 7.0];
    for (after, expected) in [
        (After::Nothing, x),
        (After::Relu, [0.0, 0.0, 2.0, f32::NAN, 0.0, 6.0, 7.0]),
        (After::Relu6, [0.0, 0.0, 2.0, f32::NAN, 0.0, 6.0, 6.0]),
    ] {
        for isa in Isa::available() {
            let mut y = vec![0.0; x.len()];
            elementwise::activate(isa, &x, after, &mut y);
            assert_eq!(bits(&y), bits(&expected), "{after:?} {isa:?}");
        }
    }
}

/// A 1 × 1 convolution with weight 1: the micro-kernel's own activations.
#[test]
fn a_convolution_lets_nan_through_its_activation() {
    let g = geometry(((5, 1, 1, 1, 33), 1, 1, 1, 0)).unwrap();
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

#[test]
fn a_gradient_passes_strictly_within_the_bounds() {
    let y = [0.0, 1.0, 6.0, 7.0];
    for (after, expected) in [
        (After::Nothing, [1.0, 1.0, 1.0, 1.0]),
        (After::Relu, [0.0, 1.0, 1.0, 1.0]),
        (After::Relu6, [0.0, 1.0, 0.0, 0.0]),
    ] {
        for isa in Isa::available() {
            let mut d = [1.0; 4];
            elementwise::mask(isa, &y, after, &mut d);
            assert_eq!(d, expected, "{after:?} {isa:?}");
        }
    }
}

#[test]
fn an_unknown_instruction_set_is_refused() {
    expect_test::expect![
        "MICROTOME_ISA is `sse9`: set it to avx512, avx2 or scalar, or leave it unset"
    ]
    .assert_eq(&Isa::named("sse9").unwrap_err().to_string());
}

#[test]
fn buffers_are_used_again() {
    let buffers = Buffers::default();
    let first = buffers.take(1000);
    let address = first.as_ptr();
    drop(first);
    assert_eq!(buffers.idle(), 1000);
    let smaller = buffers.take(600);
    assert_eq!((smaller.as_ptr(), smaller.len(), buffers.idle()), (address, 600, 0));
    let other = buffers.take(600);
    assert_ne!(other.as_ptr(), address);
    drop(smaller);
    assert_eq!(buffers.take(400).len(), 400, "a block more than twice too large is left alone");
    assert_eq!(buffers.idle(), 1000 + 400);
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "only says which instruction set was chosen"]
fn say_what_was_chosen() {
    match Isa::chosen() {
        Ok(isa) => println!("chosen: {}.", isa.name()),
        Err(problem) => println!("refused: {problem}."),
    }
}

#[test]
fn the_environment_forces_an_instruction_set() {
    let chosen = |value: &str| {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "kernels::say_what_was_chosen", "--nocapture"])
            .env("MICROTOME_ISA", value)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for isa in Isa::available() {
        assert!(chosen(isa.name()).contains(&format!("chosen: {}.", isa.name())), "{isa:?}");
    }
    assert!(chosen("AVX2").contains(
        "refused: MICROTOME_ISA is `AVX2`: set it to avx512, avx2 or scalar, or leave it unset."
    ));
}
