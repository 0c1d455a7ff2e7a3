//! How often a model is wrong, by what is measured in its images.

use super::found::{Bin, Measured};
use crate::{data::Measures, metrics::wilson};

/// What is measured, and in what.
type Measure = (&'static str, &'static str, fn(&Measures) -> Option<f64>);

const MEASURES: [Measure; 5] = [
    ("brightness", "mean luma, 0 to 255", |m| Some(f64::from(m.brightness))),
    ("haematoxylin", "optical density", |m| Some(f64::from(m.stains?[0]))),
    ("eosin", "optical density", |m| Some(f64::from(m.stains?[1]))),
    ("sharpness", "variance of the Laplacian", |m| Some(f64::from(m.sharpness))),
    ("tissue", "share of pixels", |m| Some(f64::from(m.tissue))),
];

/// Parts of nearly equal size.
const PARTS: usize = 5;

/// The rate of errors by every measure; `images` says what was measured and whether it is wrong.
pub fn by_measures(images: &[(Measures, bool)]) -> Vec<Measured> {
    let by = |(measure, unit, of): Measure| {
        let known = images.iter().filter_map(|(measures, wrong)| Some((of(measures)?, *wrong)));
        let known: Vec<(f64, bool)> = known.collect();
        Measured {
            measure: measure.into(),
            unit: unit.into(),
            unmeasured: images.len() - known.len(),
            bins: bins(known),
        }
    };
    MEASURES.map(by).into()
}

/// Equal values are never parted, so that parts may differ in size, and some be none at all.
fn bins(mut values: Vec<(f64, bool)>) -> Vec<Bin> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let edge = |part: usize| values.get(part * values.len() / PARTS).map(|value| value.0);
    let edges: Vec<f64> = (1..PARTS).filter_map(edge).collect();
    let part = |value: f64| edges.iter().filter(|edge| value >= **edge).count();
    values.chunk_by(|a, b| part(a.0) == part(b.0)).map(bin).collect()
}

/// Some images, in the order of their values.
fn bin(values: &[(f64, bool)]) -> Bin {
    let (images, wrong) = (values.len(), values.iter().filter(|value| value.1).count());
    let interval = wilson(wrong as u64, images as u64, 0.95);
    Bin {
        from: values.first().map_or(0.0, |value| value.0),
        to: values.last().map_or(0.0, |value| value.0),
        images,
        wrong,
        rate: wrong as f64 / images.max(1) as f64,
        low: interval.map_or(0.0, |interval| interval.lower),
        high: interval.map_or(1.0, |interval| interval.upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifths_with_their_rates_by_hand() {
        // 0 to 9; the last two are wrong.
        let values = (0..10).rev().map(|i| (f64::from(i), i >= 8)).collect();
        let found = bins(values);
        let counts: Vec<_> = found.iter().map(|b| (b.from, b.to, b.images, b.wrong)).collect();
        let expected = [
            (0.0, 1.0, 2, 0),
            (2.0, 3.0, 2, 0),
            (4.0, 5.0, 2, 0),
            (6.0, 7.0, 2, 0),
            (8.0, 9.0, 2, 2),
        ];
        assert_eq!(counts, expected);
        assert_eq!((found[0].rate, found[4].rate), (0.0, 1.0));
        // Wilson for 0 of 2: z²/(n + z²) = 3.8415 / 5.8415.
        assert!(found[0].low == 0.0 && (found[0].high - 0.657_619).abs() < 1e-5);
        assert!(found[4].high == 1.0 && (found[4].low - 0.342_381).abs() < 1e-5);
    }

    #[test]
    fn equal_values_stay_together() {
        let found = bins(vec![(1.0, false), (1.0, true), (1.0, false), (1.0, true), (2.0, true)]);
        let counts: Vec<_> = found.iter().map(|b| (b.from, b.images, b.wrong)).collect();
        assert_eq!(counts, [(1.0, 4, 2), (2.0, 1, 1)]);
        assert_eq!(bins(Vec::new()), []);
        assert_eq!(bins(vec![(3.0, true)]).len(), 1);
    }
}
