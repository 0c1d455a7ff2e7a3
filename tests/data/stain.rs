//! Optical density and the amounts of haematoxylin and eosin, worked by hand.

use std::f64::consts::LOG10_2;

use microtome::data::stain::{Densities, Stains, byte_of_density, optical_density};
use proptest::prelude::*;

fn close(a: [f64; 3], b: [f64; 3], by: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= by)
}

#[test]
fn density_is_the_logarithm_of_the_light_that_is_missing() {
    assert_eq!(optical_density(255), 0.0);
    // (0 + 1) / 256 is 2⁻⁸, and log10 2 is 0.30103.
    assert!((optical_density(0) - 8.0 * LOG10_2).abs() < 1e-12);
    // 127 lets half of the light through.
    assert!((optical_density(127) - LOG10_2).abs() < 1e-12);
    assert!((0..=255).all(|byte| byte_of_density(optical_density(byte)) == byte));
    assert_eq!(
        [byte_of_density(-1.0), byte_of_density(9.0), byte_of_density(f64::NAN)],
        [255, 0, 0]
    );
}

#[test]
fn the_dyes_of_ruifrok_and_johnston() {
    let stains = Stains::default();
    let [haematoxylin, eosin, residual] = stains.vectors();
    assert!(close(haematoxylin, [0.650_029, 0.704_031, 0.286_013], 1e-6), "{haematoxylin:?}");
    assert!(close(eosin, [0.072_133, 0.991_832, 0.105_194], 1e-6), "{eosin:?}");
    // At right angles to both.
    for dye in [haematoxylin, eosin] {
        let dot: f64 = dye.iter().zip(residual).map(|(a, b)| a * b).sum();
        assert!(dot.abs() < 1e-15);
    }
    assert_eq!(stains.of_pixel([255; 3]), [0.0; 3]);
    // A pixel of pure haematoxylin of amount 1 holds nothing else.
    let pixel = stains.to_pixel([1.0, 0.0, 0.0]);
    assert_eq!(pixel, [56, 50, 132]);
    assert!(close(stains.of_pixel(pixel), [1.0, 0.0, 0.0], 0.01));
    assert!(close(stains.of_pixel(stains.to_pixel([0.2, 0.5, 0.0])), [0.2, 0.5, 0.0], 0.01));
}

#[test]
fn dyes_that_cannot_be_told_apart_are_refused() {
    assert_eq!(Stains::new([0.6, 0.7, 0.3], [1.2, 1.4, 0.6]), None);
    assert_eq!(Stains::new([0.0; 3], [0.1, 0.9, 0.1]), None);
    assert_eq!(Stains::new([0.6, f64::NAN, 0.3], [0.1, 0.9, 0.1]), None);
}

#[test]
fn the_mean_of_an_image_is_the_mean_of_its_pixels() {
    let stains = Stains::default();
    let pixels = [[200, 120, 180], [90, 60, 140], [255, 255, 255], [0, 10, 20]];
    let mut mean = [0.0; 3];
    for pixel in pixels {
        stains.of_pixel(pixel).iter().zip(&mut mean).for_each(|(x, mean)| *mean += x / 4.0);
    }
    assert!(close(stains.mean(pixels.as_flattened()), mean, 1e-8));
    let mut halves = Densities::of(pixels[2..].as_flattened());
    halves.add(&Densities::of(pixels[..2].as_flattened()));
    assert_eq!(halves, Densities::of(pixels.as_flattened()));
    assert_eq!(Densities::default().mean(), [0.0; 3]);
}

proptest! {
    #[test]
    fn a_pixel_survives_the_way_there_and_back(pixel: [u8; 3]) {
        let stains = Stains::default();
        prop_assert_eq!(stains.to_pixel(stains.of_pixel(pixel)), pixel);
    }
}
