//! What users write, what it means, and the one form it is kept in.

use expect_test::{Expect, expect};
use microtome::nn::{Layer, Model, Training};

fn canonical(layer: &str, expected: Expect) {
    let table: toml::Table = toml::from_str(&format!("layer = {layer}")).unwrap();
    let layer: Layer = table["layer"].clone().try_into().unwrap();
    let json = serde_json::to_string(&layer).unwrap();
    expected.assert_eq(&json);
    assert_eq!(serde_json::from_str::<Layer>(&json).unwrap(), layer, "the kept form reads back");
}

#[test]
fn shorthand_is_kept_in_full() {
    canonical(
        "{ conv = 32 }",
        expect![[
            r#"{"conv":{"filters":32,"kernel":3,"stride":1,"padding":"same","bias":true,"dilation":1,"groups":1}}"#
        ]],
    );
    canonical(
        "{ conv = { filters = 32 } }",
        expect![[
            r#"{"conv":{"filters":32,"kernel":3,"stride":1,"padding":"same","bias":true,"dilation":1,"groups":1}}"#
        ]],
    );
    canonical(
        "{ conv = { filters = 8, kernel = 5, stride = 2, padding = 1, bias = false } }",
        expect![[
            r#"{"conv":{"filters":8,"kernel":5,"stride":2,"padding":1,"bias":false,"dilation":1,"groups":1}}"#
        ]],
    );
    canonical("'batch_norm'", expect![[r#""batch_norm""#]]);
    canonical("'relu'", expect![[r#""relu""#]]);
    canonical("{ max_pool = 2 }", expect![[r#"{"max_pool":{"size":2,"stride":2,"padding":0}}"#]]);
    canonical(
        "{ max_pool = { size = 3 } }",
        expect![[r#"{"max_pool":{"size":3,"stride":3,"padding":0}}"#]],
    );
    canonical(
        "{ avg_pool = { size = 3, stride = 2, padding = 1 } }",
        expect![[r#"{"avg_pool":{"size":3,"stride":2,"padding":1}}"#]],
    );
    canonical("'global_avg_pool'", expect![[r#""global_avg_pool""#]]);
    canonical("{ adaptive_avg_pool = 7 }", expect![[r#"{"adaptive_avg_pool":7}"#]]);
    canonical("'flatten'", expect![[r#""flatten""#]]);
    canonical("{ dense = 1 }", expect![[r#"{"dense":{"units":1,"bias":true}}"#]]);
    canonical(
        "{ dense = { units = 3, bias = false } }",
        expect![[r#"{"dense":{"units":3,"bias":false}}"#]],
    );
    canonical("{ dropout = 0.5 }", expect![[r#"{"dropout":0.5}"#]]);
}

#[test]
fn defaults_are_filled_in() {
    let training: Training =
        toml::from_str("model = { layers = ['flatten', { dense = 1 }] }").unwrap();
    expect![[r#"{"model":{"layers":["flatten",{"dense":{"units":1,"bias":true}}]},"loss":{"binary_crossentropy":{"positive_weight":1.0,"label_smoothing":0.0}},"optimizer":{"adam":{"lr":0.001,"beta1":0.9,"beta2":0.999,"eps":1e-8,"weight_decay":0.0,"decay":"all"}},"clip":null,"schedule":"constant","warmup":null,"augment":[],"batch_size":32,"epochs":20,"early_stopping":null,"seed":0}"#]].assert_eq(&serde_json::to_string(&training).unwrap());
    assert_eq!(training, Training::of(Model::Layers(training.model.layers().to_vec())));
}

#[test]
fn an_explicit_default_is_the_same() {
    let short: Training = toml::from_str("model = { layers = [{ conv = 4 }] }").unwrap();
    let long = r#"
        model = { layers = [{ conv = { filters = 4, kernel = 3, stride = 1, padding = "same", bias = true } }] }
        loss = "binary_crossentropy"
        optimizer = { adam = { lr = 1e-3, eps = 1e-8 } }
        augment = []
        batch_size = 32
        epochs = 20
        seed = 0
    "#;
    assert_eq!(toml::from_str::<Training>(long).unwrap(), short);
}

fn refused(toml: &str, message: Expect) {
    message.assert_eq(&toml::from_str::<Training>(toml).unwrap_err().to_string());
}

#[test]
fn what_is_not_understood_is_shown() {
    refused(
        "model = { layers = [{ conv = 'many' }] }",
        expect![[r#"
            TOML parse error at line 1, column 30
              |
            1 | model = { layers = [{ conv = 'many' }] }
              |                              ^^^^^^
            invalid type: string "many", expected a number of filters, or a table with `filters` and, if you like, `kernel`, `stride`, `padding`, `bias`, `dilation`, `groups`
        "#]],
    );
    refused(
        "model = { layers = [{ conv = -3 }] }",
        expect![[r#"
            TOML parse error at line 1, column 30
              |
            1 | model = { layers = [{ conv = -3 }] }
              |                              ^^
            invalid value: integer `-3`, expected a number of filters, or a table with `filters` and, if you like, `kernel`, `stride`, `padding`, `bias`, `dilation`, `groups`
        "#]],
    );
    refused(
        "model = { layers = [{ conv = { filters = 4, size = 3 } }] }",
        expect![[r#"
            TOML parse error at line 1, column 45
              |
            1 | model = { layers = [{ conv = { filters = 4, size = 3 } }] }
              |                                             ^^^^
            unknown field `size`, expected one of `filters`, `kernel`, `stride`, `padding`, `bias`, `dilation`, `groups`
        "#]],
    );
    refused(
        "model = { layers = [{ conv = { filters = 4, padding = 'valid' } }] }",
        expect![[r#"
            TOML parse error at line 1, column 55
              |
            1 | model = { layers = [{ conv = { filters = 4, padding = 'valid' } }] }
              |                                                       ^^^^^^^
            invalid value: string "valid", expected `"same"`, `"tf_same"` or a number of pixels
        "#]],
    );
    refused(
        "model = { layers = ['sigmoid'] }",
        expect![[r#"
            TOML parse error at line 1, column 21
              |
            1 | model = { layers = ['sigmoid'] }
              |                     ^^^^^^^^^
            unknown variant `sigmoid`, expected one of `conv`, `batch_norm`, `relu`, `relu6`, `max_pool`, `avg_pool`, `global_avg_pool`, `adaptive_avg_pool`, `flatten`, `dense`, `dropout`, `residual`, `parallel`
        "#]],
    );
    refused(
        "model = { layers = [] }\nbatch_size = 0",
        expect![[r#"
            TOML parse error at line 2, column 14
              |
            2 | batch_size = 0
              |              ^
            must be at least 1
        "#]],
    );
    refused(
        "model = { layers = [] }\noptimizer = { adam = { learning_rate = 0.1 } }",
        expect![[r#"
            TOML parse error at line 2, column 24
              |
            2 | optimizer = { adam = { learning_rate = 0.1 } }
              |                        ^^^^^^^^^^^^^
            unknown field `learning_rate`, expected one of `lr`, `beta1`, `beta2`, `eps`, `weight_decay`, `decay`
        "#]],
    );
}

#[test]
fn the_schema_takes_both_forms() {
    let generator = schemars::generate::SchemaSettings::draft07().into_generator();
    let schema = generator.into_root_schema_for::<Training>();
    let json = serde_json::to_value(&schema).unwrap();
    let conv = &json["definitions"]["Conv"]["anyOf"];
    expect![[r##"[{"minimum":1,"type":"integer"},{"additionalProperties":false,"description":"A two-dimensional convolution.","properties":{"bias":{"default":true,"description":"Whether a constant is added to each filter; of no use before `batch_norm`.","type":"boolean"},"dilation":{"default":1,"description":"Pixels between the taps of the window; 1 is a dense window.","format":"uint","minimum":1,"type":"integer"},"filters":{"description":"Channels that come out.","format":"uint","minimum":1,"type":"integer"},"groups":{"default":1,"description":"Parts that channels and filters are cut into, each reading its own; as many as channels\nmake a depthwise convolution.","format":"uint","minimum":1,"type":"integer"},"kernel":{"default":3,"description":"Height and width of the window.","format":"uint","minimum":1,"type":"integer"},"padding":{"allOf":[{"$ref":"#/definitions/Padding"}],"default":"same","description":"`\"same\"`, or how many pixels of zeros surround the map."},"stride":{"default":1,"description":"Pixels from one window to the next.","format":"uint","minimum":1,"type":"integer"}},"required":["filters"],"type":"object"}]"##]].assert_eq(&serde_json::to_string(conv).unwrap());
    let pool = &json["definitions"]["Pool"]["anyOf"];
    expect![[r#"[{"minimum":1,"type":"integer"},{"additionalProperties":false,"description":"A window that slides over the map.","properties":{"padding":{"default":0,"description":"Pixels off the map that the first window covers; at most half of `size`.","format":"uint","minimum":0,"type":"integer"},"size":{"description":"Height and width of the window.","format":"uint","minimum":1,"type":"integer"},"stride":{"default":null,"description":"Pixels from one window to the next; `size` unless given.","format":"uint","minimum":1,"type":["integer","null"]}},"required":["size"],"type":"object"}]"#]].assert_eq(&serde_json::to_string(pool).unwrap());
}
