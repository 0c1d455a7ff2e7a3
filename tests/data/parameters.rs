//! Parameters as users write them and as they are serialised for the cache key.

use expect_test::{Expect, expect};
use microtome::data::{Explore, Ingest, Preprocess};
use serde::{Serialize, de::DeserializeOwned};

use crate::common::parse;

fn canonical<T: DeserializeOwned + Serialize>(toml: &str, json: Expect) {
    json.assert_eq(&serde_json::to_string(&parse::<T>(toml)).unwrap());
}

fn refused<T: DeserializeOwned + std::fmt::Debug>(toml: &str, message: Expect) {
    message.assert_eq(toml::from_str::<T>(toml).unwrap_err().message());
}

#[test]
fn defaults_are_filled_in_and_folders_left_out() {
    canonical::<Ingest>(
        "source.kaggle.dir = '/x'",
        expect![[
            r#"{"source":{"kaggle":{"labels":"train_labels.csv","check_ids":true,"unlabelled":"deny","test":"leave"}},"sample":null,"limit":null,"on_bad_image":"fail","seed":0}"#
        ]],
    );
    canonical::<Ingest>(
        "source.folder.dir = '/x'",
        expect![[
            r#"{"source":{"folder":{"label":{"component":-2},"group":null,"positive":["1"],"negative":["0"],"splits":null,"table":null,"include":[],"exclude":[],"extensions":["png","jpg","jpeg","tif","tiff","bmp","webp"],"size":null}},"sample":null,"limit":null,"on_bad_image":"fail","seed":0}"#
        ]],
    );
    canonical::<Ingest>(
        "source.synthetic = {}",
        expect![[
            r#"{"source":{"synthetic":{"count":2000,"size":96,"slides":20,"positive":0.5}},"sample":null,"limit":null,"on_bad_image":"fail","seed":0}"#
        ]],
    );
    canonical::<Ingest>(
        "limit = 9\nsample.fraction = 0.5\nsource.mix = { b = { pcam = { dir = '/x' } }, a = { folder = \
         { dir = '/y', table = { file = 't.csv', label = 'y' } } } }",
        expect![[
            r#"{"source":{"mix":{"a":{"folder":{"label":{"component":-2},"group":null,"positive":["1"],"negative":["0"],"splits":null,"table":{"file":"t.csv","path":"path","label":"y","group":null,"split":null},"include":[],"exclude":[],"extensions":["png","jpg","jpeg","tif","tiff","bmp","webp"],"size":null}},"b":{"pcam":{"check_sums":true}}}},"sample":{"fraction":0.5},"limit":9,"on_bad_image":"fail","seed":0}"#
        ]],
    );
    canonical::<Preprocess>(
        "",
        expect![[
            r#"{"size":null,"stain":null,"normalize":"dataset","split":{"train":0.8,"valid":0.1,"test":0.1,"method":"draw","by":"group","stratify":true},"leakage":"deny","seed":0}"#
        ]],
    );
    canonical::<Preprocess>(
        "split = 'given'\nnormalize = 'none'\nsize = 64",
        expect![[
            r#"{"size":64,"stain":null,"normalize":"none","split":"given","leakage":"deny","seed":0}"#
        ]],
    );
    canonical::<Preprocess>(
        "split = { test = 0.2, valid = 0.0, by = 'image', stratify = false }\n\
         normalize = { mean = [0.5, 0.5, 0.5], sd = [0.25, 0.25, 0.25] }",
        expect![[
            r#"{"size":null,"stain":null,"normalize":{"mean":[0.5,0.5,0.5],"sd":[0.25,0.25,0.25]},"split":{"train":0.8,"valid":0.0,"test":0.2,"method":"draw","by":"image","stratify":false},"leakage":"deny","seed":0}"#
        ]],
    );
    canonical::<Explore>(
        "",
        expect![[
            r#"{"per_class":12,"black":15,"white":240,"ink":0.05,"per_gallery":12,"map_points":1500,"seed":0}"#
        ]],
    );
}

#[test]
fn what_is_misspelt_is_refused() {
    refused::<Ingest>(
        "source.kagle.dir = '/x'",
        expect![
            "unknown variant `kagle`, expected one of `kaggle`, `pcam`, `folder`, `parquet`, `synthetic`, `mix`"
        ],
    );
    refused::<Ingest>(
        "source.folder = { dir = '/x', group = { part = 1 } }",
        expect!["unknown variant `part`, expected `component` or `regex`"],
    );
    refused::<Preprocess>(
        "split = 'gven'",
        expect![[
            r#"invalid value: string "gven", expected "given" or a table such as { train = 0.8, valid = 0.1, test = 0.1 } or { folds = 5, fold = 0 }"#
        ]],
    );
    refused::<Preprocess>(
        "split = { train = 0.8, val = 0.2 }",
        expect![
            "unknown field `val`, expected one of `train`, `valid`, `test`, `method`, `folds`, `fold`, `by`, `stratify`"
        ],
    );
    refused::<Preprocess>(
        "split = 3",
        expect![[
            r#"invalid type: integer `3`, expected "given" or a table such as { train = 0.8, valid = 0.1, test = 0.1 } or { folds = 5, fold = 0 }"#
        ]],
    );
    refused::<Preprocess>(
        "normalize = 'data'",
        expect![[
            r#"invalid value: string "data", expected "dataset", "none" or { mean = [r, g, b], sd = [r, g, b] }"#
        ]],
    );
    refused::<Preprocess>(
        "normalize = { mean = [0.5, 0.5], sd = [1, 1, 1] }",
        expect!["invalid length 2, expected an array of length 3"],
    );
}

#[test]
fn the_schema_describes_both_ways_to_write_a_split() {
    let schema = serde_json::to_value(schemars::schema_for!(Preprocess)).unwrap();
    let rule = &schema["$defs"]["SplitRule"]["anyOf"];
    assert_eq!(rule[0]["enum"][0], "given");
    let fractions = &schema["$defs"]["Fractions"];
    assert_eq!(rule[1]["$ref"], "#/$defs/Fractions");
    assert_eq!(fractions["additionalProperties"], false);
    assert_eq!(schema["additionalProperties"], false);
}
