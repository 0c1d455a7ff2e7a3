//! Shapes are known before data is read, and a layer that does not fit says what to do.

use expect_test::{Expect, expect};
use microtome::nn::{Model, Shape};

fn model(layers: &str) -> Model {
    toml::from_str(&format!("layers = {layers}")).unwrap()
}

fn shapes(input: Shape, layers: &str) -> String {
    let shapes = model(layers).infer(input).unwrap();
    shapes.iter().map(|line| line.shape.to_string()).collect::<Vec<_>>().join(" ")
}

fn refused(input: Shape, layers: &str, place: &str, message: Expect) {
    let problem = model(layers).infer(input).unwrap_err();
    message.assert_eq(&problem.to_string());
    assert_eq!(problem.place, place);
}

const PATCH: Shape = Shape { height: 96, width: 96, channels: 3 };

#[test]
fn each_layer_has_the_shape_that_pytorch_gives() {
    expect!["96×96×32 96×96×32 96×96×32 48×48×32 48×48×64 1×1×64 1×1×64 1×1×1"].assert_eq(&shapes(
        PATCH,
        r#"[{ conv = 32 }, "batch_norm", "relu", { max_pool = 2 }, { conv = 64 }, "global_avg_pool", { dropout = 0.5 }, { dense = 1 }]"#,
    ));
    expect!["24×24×8 11×11×8 12×12×8 5×5×4 1×1×100 1×1×7 1×1×1"].assert_eq(&shapes(
        Shape::new(49, 49, 3),
        r#"[{ conv = { filters = 8, kernel = 4, stride = 2, padding = 1 } }, { max_pool = { size = 3, stride = 2 } },
            { conv = { filters = 8, kernel = 2, padding = 1 } },
            { conv = { filters = 4, kernel = 4, stride = 2, padding = 0 } }, "flatten", { dense = 7 }, { dense = 1 }]"#,
    ));
}

#[test]
fn same_divides_by_the_stride_and_rounds_up() {
    for (size, stride, expected) in [(50, 1, 50), (50, 2, 25), (49, 2, 25), (7, 3, 3)] {
        let layers = format!(
            r#"[{{ conv = {{ filters = 1, kernel = 3, stride = {stride} }} }}, "global_avg_pool"]"#
        );
        let shapes = model(&layers).infer(Shape::new(size, size, 3)).unwrap();
        assert_eq!(shapes[0].shape, Shape::new(expected, expected, 1));
    }
}

#[test]
fn a_pool_larger_than_its_map() {
    let halves = format!("[{}'flatten', {{ dense = 1 }}]", "{ max_pool = 2 }, ".repeat(5));
    refused(
        Shape::new(16, 16, 3),
        &halves,
        "layers[4]",
        expect![
            "layer 5 (max_pool = 2) cannot halve a 1×1 map: remove this layer or an earlier pool or stride, or use larger images"
        ],
    );
    refused(
        Shape::new(2, 5, 3),
        "[{ avg_pool = 3 }, 'flatten', { dense = 1 }]",
        "layers[0]",
        expect![
            "layer 1 (avg_pool = 3) cannot take 3×3 windows of a 2×5 map: remove this layer or an earlier pool or stride, or use larger images"
        ],
    );
}

#[test]
fn an_adaptive_pool_gives_its_size_whatever_the_maps() {
    for (height, width) in [(96, 96), (7, 7), (1, 1), (3, 40)] {
        let layers = "[{ adaptive_avg_pool = 7 }, 'flatten', { dense = 1 }]";
        expect!["7×7×3 1×1×147 1×1×1"].assert_eq(&shapes(Shape::new(height, width, 3), layers));
    }
    refused(
        PATCH,
        "[{ adaptive_avg_pool = 0 }, 'flatten', { dense = 1 }]",
        "layers[0]",
        expect!["layer 1 (adaptive_avg_pool = 0) would leave no pixel: give at least 1"],
    );
}

/// The names and shapes are those of torchvision's `vgg16`, but for the single logit.
#[test]
fn vgg_with_its_hidden_layers() {
    let model: Model = toml::from_str("vgg16 = { classifier = 'hidden' }").unwrap();
    for side in [32, 96, 224] {
        let lines = model.infer(Shape::new(side, side, 3)).unwrap();
        let said = lines.iter().map(|l| format!("{} {} {}", l.name, l.shape, l.parameters));
        let last: Vec<_> = said.skip(5).collect();
        let expected =
            ["block 5 1×1×4096 102764544", "block 6 1×1×4096 16781312", "head 1×1×1 4097"];
        assert_eq!(last, expected, "{side}");
    }
}

#[test]
fn a_kernel_larger_than_its_map() {
    let layers = "[{ conv = { filters = 4, kernel = 5, padding = 0 } }, 'flatten', { dense = 1 }]";
    refused(
        Shape::new(4, 9, 3),
        layers,
        "layers[0]",
        expect![[
            r#"layer 1 (conv = 4) has a 5×5 kernel, larger than the 4×9 map: take a smaller `kernel`, or `padding = "same"`"#
        ]],
    );
}

#[test]
fn dense_on_a_map() {
    refused(
        PATCH,
        "[{ conv = 4 }, { dense = 1 }]",
        "layers[1]",
        expect![[
            r#"layer 2 (dense = 1) takes a vector, not a 96×96×4 map: put "flatten" or "global_avg_pool" before it"#
        ]],
    );
}

#[test]
fn an_end_that_is_not_one_logit() {
    refused(
        PATCH,
        "[]",
        "",
        expect![[r#"`layers` is empty: end it with "flatten", { dense = 1 }"#]],
    );
    refused(
        PATCH,
        "[{ conv = 4 }, 'relu']",
        "layers[1]",
        expect![[
            r#"layer 2 (relu) is the last and gives 96×96×4, but a classifier of two classes ends in one logit: add "global_avg_pool" (or "flatten"), { dense = 1 }"#
        ]],
    );
    refused(
        PATCH,
        "['flatten', { dense = 2 }]",
        "layers[1]",
        expect![
            "layer 2 (dense = 2) is the last and gives 1×1×2, but a classifier of two classes ends in one logit: add { dense = 1 }"
        ],
    );
}

#[test]
fn settings_that_mean_nothing() {
    refused(
        PATCH,
        "[{ conv = 0 }]",
        "layers[0]",
        expect!["layer 1 (conv = 0) has `filters` 0: give at least 1"],
    );
    refused(
        PATCH,
        "[{ conv = { filters = 1, kernel = 0 } }]",
        "layers[0]",
        expect!["layer 1 (conv = 1) has `kernel` 0: give at least 1"],
    );
    refused(
        PATCH,
        "[{ max_pool = { size = 2, stride = 0 } }]",
        "layers[0]",
        expect!["layer 1 (max_pool = 2) has `stride` 0: give at least 1"],
    );
    refused(
        PATCH,
        "[{ max_pool = { size = 2, padding = 2 } }]",
        "layers[0]",
        expect![
            "layer 1 (max_pool = 2) has `padding` 2, more than half of its size: give at most 1"
        ],
    );
    refused(
        PATCH,
        "['flatten', { dense = 0 }]",
        "layers[1]",
        expect!["layer 2 (dense = 0) has no units: give at least 1"],
    );
    refused(
        PATCH,
        "['relu', { dropout = 1.0 }]",
        "layers[1]",
        expect!["layer 2 (dropout = 1) has no such rate: give at least 0 and less than 1"],
    );
}
