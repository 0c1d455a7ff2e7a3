//! What is said of errors follows from their figures.

use expect_test::{Expect, expect};
use microtome::report::*;

use crate::fixture::failing;

/// The sentences of the section, one a line.
fn check(change: impl FnOnce(&mut ModelErrors), expected: Expect) {
    let mut errors = failing();
    errors.models[0].galleries.clear();
    change(&mut errors.models[0]);
    let page = render(&Report { errors: vec![errors], ..Report::default() });
    let section = page.split("<h3>resnet</h3>").nth(1).unwrap().split("</section>").next().unwrap();
    let sentences = section.split("<p>").skip(1).map(|rest| rest.split("</p>").next().unwrap());
    let told: Vec<&str> = sentences.filter(|sentence| !sentence.starts_with('<')).collect();
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn what_stands_out_and_what_does_not() {
    check(
        |_| {},
        expect![[r#"
        resnet is wrong on 200 of 2,200 images (9.1%) at a threshold of 0.5.
        It is wrong more often where brightness is 50 to 90: on 88 of 440 images, 20.0% (95% interval 16.5% to 24.0%, images taken one by one), against 9.1% overall.
        By sharpness no part of the images stands out: each interval holds the overall rate.
        Where resnet decides rightly, 31.0% of its map (Grad-CAM) lie inside the central box (95% interval 29.0% to 33.0%, 500 images): more than the ninth that an even map has there.
        Where resnet decides wrongly, 12.0% of its map (Grad-CAM) lie inside the central box (95% interval 10.0% to 14.0%, 500 images): which cannot be told from the ninth that an even map has there.
        When it is wrong it looks farther from the centre, by 19.0 points."#]],
    );
}

#[test]
fn maps_that_are_even_and_alike() {
    let even = Inside { images: 90, mean: 0.11, low: 0.09, high: 0.13 };
    check(
        |model| {
            model.measures.clear();
            let looked = model.looked.as_mut().unwrap();
            (looked.right, looked.wrong) =
                (Some(even), Some(Inside { mean: 0.1, low: 0.05, high: 0.15, ..even }));
        },
        expect![[r#"
            resnet is wrong on 200 of 2,200 images (9.1%) at a threshold of 0.5.
            Where resnet decides rightly, 11.0% of its map (Grad-CAM) lie inside the central box (95% interval 9.0% to 13.0%, 90 images): which cannot be told from the ninth that an even map has there.
            Where resnet decides wrongly, 10.0% of its map (Grad-CAM) lie inside the central box (95% interval 5.0% to 15.0%, 90 images): which cannot be told from the ninth that an even map has there.
            Whether it looks elsewhere when it is wrong cannot be told: the shares differ by 1.0 points, and chance gives up to 5.4 points."#]],
    );
}

#[test]
fn without_images_nothing_is_said() {
    check(
        |model| *model = ModelErrors { model: "resnet".into(), ..ModelErrors::default() },
        expect![[""]],
    );
}
