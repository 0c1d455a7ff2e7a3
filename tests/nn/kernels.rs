//! What each kernel promises: the right sums, in one order, with the same bits everywhere.

use microtome::nn::kernels::buffer::Buffers;
use microtome::nn::kernels::geometry::Geometry;
use microtome::nn::kernels::isa::{Isa, IsaProblem};
use microtome::nn::kernels::{After, elementwise, norm, pooling, reduce};
use proptest::prelude::*;

use super::convolution::{bits, floats, geometries, with_threads};

/// Pooling, batch norm and sums on one shape.
fn everything(isa: Isa, g: &Geometry) -> Vec<Vec<u32>> {
    let mut results = vec![];
    let x = floats(g.input_len(), "x");
    let (mean, variance) = norm::statistics(isa, &x, g.channels);
    let saved = norm::Saved {
        inverse_sd: variance.iter().map(|v| 1.0 / (v + 1e-5).sqrt()).collect(),
        mean,
        scale: floats(g.channels, "scale"),
        shift: floats(g.channels, "shift"),
    };
    let residual = floats(x.len(), "residual");
    for after in [After::Nothing, After::Relu, After::Relu6] {
        let map = (&saved.scale[..], &saved.shift[..]);
        let mut y = vec![f32::NAN; x.len()];
        norm::affine(isa, &x, map, None, after, &mut y);
        let mut d = floats(x.len(), "d");
        let (scale, shift) = norm::grad(isa, &x, &saved, after, &mut d);
        results.extend([y, d, scale, shift]);
        let mut y = vec![f32::NAN; x.len()];
        norm::affine(isa, &x, map, Some(&residual), after, &mut y);
        let (mut d, mut dx) = (floats(x.len(), "d"), vec![f32::NAN; x.len()]);
        let (scale, shift) =
            norm::grad_with_residual(isa, &x, &saved, (&y, after), &mut d, &mut dx);
        results.extend([y, d, dx, scale, shift]);
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

}

#[test]
fn a_missing_instruction_set_is_refused() {
    let problem = IsaProblem::Unsupported { asked: "avx512".into(), has: "avx2, scalar".into() };
    expect_test::expect![
        "MICROTOME_ISA is `avx512`, which this processor does not have: it has avx2, scalar"
    ]
    .assert_eq(&problem.to_string());
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
