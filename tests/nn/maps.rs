//! Pooling, batch norm and sums of whole maps: what each promises, in its documented order.

use microtome::nn::kernels::isa::Isa;
use microtome::nn::kernels::pooling::{self, Adaptive};
use microtome::nn::kernels::{After, elementwise, norm, reduce};
use proptest::prelude::*;

use super::convolution::{bits, floats, with_threads};

/// The bin of PyTorch's documentation: from ⌊i · in / out⌋ to ⌈(i + 1) · in / out⌉.
fn bin(i: usize, from: usize, to: usize) -> (usize, usize) {
    let end = ((i + 1) as f64 * from as f64 / to as f64).ceil() as usize;
    ((i as f64 * from as f64 / to as f64).floor() as usize, end)
}

/// (input pixel, output pixel, share) of every product, outputs in order, then inputs.
fn shares(a: &Adaptive) -> Vec<(usize, usize, f32)> {
    let mut shares = Vec::new();
    for out in 0..a.output.0 * a.output.1 {
        let (top, bottom) = bin(out / a.output.1, a.input.0, a.output.0);
        let (left, right) = bin(out % a.output.1, a.input.1, a.output.1);
        for y in top..bottom {
            for x in left..right {
                let share = 1.0 / ((bottom - top) * (right - left)) as f32;
                shares.push((y * a.input.1 + x, out, share));
            }
        }
    }
    shares
}

fn adaptives() -> impl Strategy<Value = Adaptive> {
    (1usize..30, (1usize..10, 1usize..10), (1usize..10, 1usize..10))
        .prop_map(|(len, input, output)| Adaptive { len, input, output })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn adaptive_pooling_adds_its_bins_in_reading_order(a in adaptives()) {
        let pixels = |map: (usize, usize)| map.0 * map.1 * a.len;
        let (x, dy) = (floats(pixels(a.input), "x"), floats(pixels(a.output), "dy"));
        let (mut y, mut dx) = (vec![0f32; dy.len()], vec![0f32; x.len()]);
        for (from, to, share) in shares(&a) {
            for j in 0..a.len {
                let (from, to) = (from * a.len + j, to * a.len + j);
                y[to] = x[from].mul_add(share, y[to]);
                dx[from] = dy[to].mul_add(share, dx[from]);
            }
        }
        for isa in Isa::available() {
            for threads in 1..=3 {
                let (mut ours, mut back) = (vec![f32::NAN; y.len()], vec![f32::NAN; x.len()]);
                with_threads(threads, || {
                    pooling::adaptive(isa, &a, &x, &mut ours);
                    pooling::adaptive_grad(isa, &a, &dy, &mut back);
                });
                prop_assert!(bits(&ours) == bits(&y), "{isa:?} {a:?}");
                prop_assert!(bits(&back) == bits(&dx), "{isa:?} {a:?}");
            }
        }
    }
}

/// What PyTorch 2 gives for `AdaptiveAvgPool2d(3)` of the row 1 2 3 4 5, and for 7 of 3 values.
#[test]
fn adaptive_bins_overlap_and_repeat() {
    let isa = Isa::chosen().unwrap();
    let pool = |x: &[f32], output: usize| {
        let a = Adaptive { len: 1, input: (1, x.len()), output: (1, output) };
        let mut y = vec![f32::NAN; output];
        pooling::adaptive(isa, &a, x, &mut y);
        y
    };
    assert_eq!(pool(&[1., 2., 3., 4., 5.], 3), [1.5, 3.0, 4.5]);
    assert_eq!(pool(&[1., 2., 3.], 7), [1., 1., 1.5, 2., 2.5, 3., 3.]);
    assert_eq!(pool(&[1., 2., 6.], 1), [3.0]);
}

/// The global average of many channels, which are summed a part at a time.
#[test]
fn a_global_average_adds_pixels_in_order() {
    let a = Adaptive { len: 9000, input: (3, 2), output: (1, 1) };
    let x = floats(6 * 9000, "x");
    let expected: Vec<f32> = (0..9000)
        .map(|j| (0..6).fold(0f32, |sum, pixel| x[pixel * 9000 + j].mul_add(1.0 / 6.0, sum)))
        .collect();
    let mut y = vec![f32::NAN; 9000];
    pooling::adaptive(Isa::chosen().unwrap(), &a, &x, &mut y);
    assert_eq!(bits(&y), bits(&expected));
}

#[test]
fn a_sum_and_its_gradient_go_through_one_activation() {
    let (a, b) = ([1.0, -3.0, 5.0, f32::NAN], [1.0, 1.0, 2.0, 1.0]);
    for isa in Isa::available() {
        let mut y = [9.0; 4];
        elementwise::sum(isa, &a, &b, After::Relu6, &mut y);
        assert_eq!(bits(&y), bits(&[2.0, 0.0, 6.0, f32::NAN]), "{isa:?}");
        let (mut d, mut copy) = ([1.0, 2.0, 3.0, 4.0], [9.0; 4]);
        elementwise::sum_grad(isa, &y, After::Relu6, &mut d, &mut copy);
        assert_eq!((d, copy), ([1.0, 0.0, 0.0, 4.0], [1.0, 0.0, 0.0, 4.0]), "{isa:?}");
    }
}

/// Sums by channel: chunks of 32768 / columns rows in f32, chunks in f64. 55 columns are blocks
/// of 32, 16, 4, 1, 1 and 1.
#[test]
fn column_sums_add_chunks_in_order() {
    for columns in [3, 55] {
        let rows = floats(columns * 3_000, "rows");
        let expected: Vec<f32> = (0..columns)
            .map(|c| {
                let chunks = rows.chunks(columns * (32_768 / columns));
                chunks
                    .map(|chunk| {
                        f64::from(chunk.chunks(columns).fold(0f32, |sum, row| sum + row[c]))
                    })
                    .sum::<f64>() as f32
            })
            .collect();
        for isa in Isa::available() {
            assert_eq!(bits(&reduce::column_sums(isa, &rows, columns)), bits(&expected), "{isa:?}");
        }
    }
}

/// A chunk's deviations from the mean of its first 16 rows; chunks merged in order, in f64.
#[test]
fn batch_statistics_add_deviations_in_order() {
    let (rows, columns, chunk) = (2500, 40, 32_768 / 40);
    let x = floats(rows * columns, "rows");
    let (mean, variance) = norm::statistics(Isa::chosen().unwrap(), &x, columns);
    for c in 0..columns {
        let column: Vec<f32> = (0..rows).map(|row| x[row * columns + c]).collect();
        let (mut seen, mut middle, mut squares) = (0f64, 0f64, 0f64);
        for part in column.chunks(chunk) {
            let first = &part[..16.min(part.len())];
            let pivot = first.iter().fold(0f32, |sum, v| sum + v) / first.len() as f32;
            let sum = f64::from(part.iter().fold(0f32, |sum, v| sum + (v - pivot)));
            let square = part.iter().fold(0f32, |sum, v| (v - pivot).mul_add(v - pivot, sum));
            let (count, total) = (part.len() as f64, seen + part.len() as f64);
            let apart = f64::from(pivot) + sum / count - middle;
            middle += apart * count / total;
            squares += f64::from(square) - sum * sum / count + apart * apart * seen * count / total;
            seen = total;
        }
        assert_eq!(mean[c].to_bits(), (middle as f32).to_bits());
        assert_eq!(variance[c].to_bits(), ((squares / seen) as f32).to_bits());
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
fn equal_values_have_no_variance() {
    let (mean, variance) = norm::statistics(Isa::chosen().unwrap(), &[0.1; 70_000], 2);
    assert!((mean[0] - 0.1).abs() < 1e-7 && mean[0] == mean[1]);
    assert!(variance.iter().all(|v| (0.0..1e-12).contains(v)), "{variance:?}");
}

/// Gradients of `after(scale · (x − mean) / sd + shift + residual)`, statistics included, against
/// plain f64; the residual's gradient is dy where the activation lets it through.
#[test]
fn a_batch_norms_gradient_flows_to_input_residual_scale_and_shift() {
    let (rows, columns) = (700, 21);
    let (x, residual) = (floats(rows * columns, "x"), floats(rows * columns, "residual"));
    let (gamma, beta, dy) =
        (floats(columns, "scale"), floats(columns, "shift"), floats(rows * columns, "dy"));
    for isa in Isa::available() {
        for after in [After::Nothing, After::Relu, After::Relu6] {
            for residual in [None, Some(&residual)] {
                let (mean, variance) = norm::statistics(isa, &x, columns);
                let inverse_sd: Vec<f32> =
                    variance.iter().map(|v| 1.0 / (v + 1e-5).sqrt()).collect();
                let scale: Vec<f32> = (0..columns).map(|c| gamma[c] * inverse_sd[c]).collect();
                let shift: Vec<f32> = (0..columns).map(|c| beta[c] - mean[c] * scale[c]).collect();
                let saved = norm::Saved { mean, inverse_sd, scale, shift };
                let mut y = vec![f32::NAN; x.len()];
                let map = (&saved.scale[..], &saved.shift[..]);
                norm::affine(isa, &x, map, residual.map(|r| &r[..]), after, &mut y);
                let (mut d, mut dx) = (dy.clone(), vec![f32::NAN; x.len()]);
                let (dgamma, dbeta) = match residual {
                    None => {
                        let grads = norm::grad(isa, &x, &saved, after, &mut d);
                        dx.copy_from_slice(&d);
                        grads
                    }
                    Some(_) => {
                        norm::grad_with_residual(isa, &x, &saved, (&y, after), &mut d, &mut dx)
                    }
                };
                let most = match after {
                    After::Nothing | After::Relu => f32::INFINITY,
                    After::Relu6 => 6.0,
                };
                let open = |i: usize| after == After::Nothing || (y[i] > 0.0 && y[i] < most);
                for c in 0..columns {
                    let of = |values: &[f32]| -> Vec<f64> {
                        (0..rows).map(|row| f64::from(values[row * columns + c])).collect()
                    };
                    let (x, sd) = (of(&x), 1.0 / f64::from(saved.inverse_sd[c]));
                    let masked: Vec<f64> = (0..rows)
                        .map(|row| row * columns + c)
                        .map(|i| if open(i) { f64::from(dy[i]) } else { 0.0 })
                        .collect();
                    let mean = x.iter().sum::<f64>() / rows as f64;
                    let normal: Vec<f64> = x.iter().map(|x| (x - mean) / sd).collect();
                    let sum = masked.iter().sum::<f64>();
                    let product = masked.iter().zip(&normal).map(|(d, n)| d * n).sum::<f64>();
                    assert!((f64::from(dbeta[c]) - sum).abs() < 1e-3, "{} {sum}", dbeta[c]);
                    assert!((f64::from(dgamma[c]) - product).abs() < 1e-3, "{}", dgamma[c]);
                    for row in 0..rows {
                        let count = rows as f64;
                        let expected = f64::from(gamma[c]) / sd
                            * (masked[row] - sum / count - normal[row] * product / count);
                        let ours = f64::from(dx[row * columns + c]);
                        assert!((ours - expected).abs() < 1e-4, "{ours} {expected} {after:?}");
                        if residual.is_some() {
                            assert_eq!(f64::from(d[row * columns + c]), masked[row]);
                        }
                    }
                }
            }
        }
    }
}
