//! The standard normal distribution, by the error function of `libm`.

use std::f64::consts::SQRT_2;

/// The chance that a standard normal number is at least as far from 0 as `z`.
pub fn two_sided_p(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The number below which a standard normal one lies with the chance `p`, by bisection; infinite
/// for 0 and 1 and what is beyond them.
pub fn normal_quantile(p: f64) -> f64 {
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    // The smallest double that is not 0 lies at −38.5.
    let (mut low, mut high) = (-39.0_f64, 0.0_f64);
    // After so many halvings no double lies between the two.
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if 0.5 * libm::erfc(-middle / SQRT_2) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
