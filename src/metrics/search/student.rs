//! Student's t distribution.

/// The probability that |T| is `t` or more, for `df` degrees of freedom (both above 0).
///
/// It is the regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t²)
/// (Abramowitz and Stegun 1964, 26.7.1).
pub fn two_sided(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    let x = df / (df + t * t);
    incomplete_beta(df / 2.0, 0.5, x).clamp(0.0, 1.0)
}

/// The t that |T| exceeds with probability `alpha`, by halving the range where it lies.
pub fn quantile(alpha: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, df) > alpha && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if two_sided(middle, df) > alpha { low = middle } else { high = middle }
    }
    high
}

/// I_x(a, b) by its continued fraction (NIST Handbook of Mathematical Functions, 8.17.22), on the
/// side where that converges fast.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - ln_beta);
    if x < (a + 1.0) / (a + b + 2.0) {
        front / a * fraction(a, b, x)
    } else {
        1.0 - front / b * fraction(b, a, 1.0 - x)
    }
}

/// The continued fraction 1/(1 + d₁/(1 + d₂/(1 + …))); what is under the 1 by Lentz's method (1976).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const MOST: u32 = 1000;
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d, mut value) = (1.0, 0.0, 1.0);
    for j in 1..=MOST {
        let m = f64::from(j / 2);
        let term = if j % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away_from_zero(1.0 + term * d);
        c = away_from_zero(1.0 + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    1.0 / value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one and two degrees of freedom there are closed forms: 1 − (2/π) arctan t and
    /// 1 − t / √(t² + 2).
    #[test]
    fn one_and_two_degrees_of_freedom_have_closed_forms() {
        for t in [0.0, 0.1, 0.7, 1.0, 2.0, 5.0, 40.0] {
            let one = 1.0 - std::f64::consts::FRAC_2_PI * f64::atan(t);
            let two = 1.0 - t / (t * t + 2.0).sqrt();
            assert!((two_sided(t, 1.0) - one).abs() < 1e-12, "{t}: {}", two_sided(t, 1.0));
            assert!((two_sided(t, 2.0) - two).abs() < 1e-12, "{t}: {}", two_sided(t, 2.0));
        }
    }

    /// Quantiles of the table in any textbook: t₀.₉₇₅ for 10 degrees of freedom, and the normal
    /// distribution's for very many.
    #[test]
    fn quantiles_of_the_table() {
        assert!((two_sided(2.228_138_851_964_939, 10.0) - 0.05).abs() < 1e-10);
        assert!((two_sided(1.959_963_984_540_054, 1e7) - 0.05).abs() < 1e-6);
        for (alpha, df, t) in
            [(0.05, 1.0, 12.706), (0.05, 10.0, 2.228), (0.01, 5.0, 4.032), (0.05, 1e6, 1.96)]
        {
            let found = quantile(alpha, df);
            assert!((found - t).abs() < 6e-4, "{alpha} {df}: {found}");
        }
    }
}
