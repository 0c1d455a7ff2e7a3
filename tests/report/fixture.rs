//! A report such as a real pipeline makes: two models, a grid of 3 × 2, and the data's exploration.

use microtome::metrics::{Scores, roc};
use microtome::report::*;

/// Numbers that look random and never change.
pub struct Noise(pub u32);

impl Noise {
    /// Uniform from 0 to 1.
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 16_777_216.0
    }

    /// Roughly normal, mean 0 and variance 1.
    fn bell(&mut self) -> f32 {
        (0..12).map(|_| self.next()).sum::<f32>() - 6.0
    }
}

/// A model's scores on `images`, the better the larger `separation` is.
pub fn scored(model: &str, images: usize, separation: f32, seed: u32) -> ModelScores {
    let mut noise = Noise(seed);
    let (mut labels, mut probabilities) = (Vec::new(), Vec::new());
    for _ in 0..images {
        let label = u8::from(noise.next() < 0.405);
        let logit = noise.bell() + separation * (f32::from(label) - 0.62);
        labels.push(label);
        probabilities.push(1.0 / (1.0 + (-1.7 * logit).exp()));
    }
    ModelScores {
        model: model.to_owned(),
        scores: Scores::of(&labels, &probabilities, 0.5).unwrap(),
        roc: roc(&labels, &probabilities).ok(),
    }
}

fn history(epochs: u32, start: f64, speed: f64, gap: f64) -> Vec<EpochRow> {
    let row = |epoch: u32| {
        let t = f64::from(epoch);
        let learnt = 1.0 - 1.0 / (1.0 + speed * t);
        let wobble = 0.012 * f64::from((epoch * 7) % 5) - 0.024;
        let drift = gap * (t / f64::from(epochs)).powi(2);
        EpochRow {
            epoch,
            lr: Some(if t > 6.0 { 5e-4 } else { 1e-3 }),
            train_loss: start * (1.0 - 0.72 * learnt) - 0.3 * drift,
            train_accuracy: Some(0.6 + 0.37 * learnt + 0.12 * drift),
            valid_loss: Some(start * (1.0 - 0.66 * learnt) + wobble + 0.6 * drift),
            valid_accuracy: Some(0.6 + 0.35 * learnt - 0.6 * wobble - 0.3 * drift),
            valid_auc: Some(0.72 + 0.29 * learnt - 0.3 * wobble - 0.16 * drift),
        }
    };
    (1..=epochs).map(row).collect()
}

pub fn model(stage: &str, epochs: u32, gap: f64) -> ModelSection {
    let layer = |layer: &str, output: &str, parameters| LayerRow {
        layer: layer.to_owned(),
        output: output.to_owned(),
        parameters,
    };
    let history = history(epochs, 0.69, 0.6, gap);
    let auc = |row: &&EpochRow| row.valid_auc.unwrap();
    let best = history.iter().max_by(|a, b| auc(a).total_cmp(&auc(b))).map(|row| row.epoch);
    ModelSection {
        stage: stage.to_owned(),
        architecture: vec![
            layer("conv 3×3, 32", "96 × 96 × 32", 896),
            layer("batch_norm", "96 × 96 × 32", 64),
            layer("relu", "96 × 96 × 32", 0),
            layer("max_pool 2", "48 × 48 × 32", 0),
            layer("conv 3×3, 64", "48 × 48 × 64", 18_496),
            layer("relu", "48 × 48 × 64", 0),
            layer("global_avg_pool", "64", 0),
            layer("dropout 0.5", "64", 0),
            layer("dense 1", "1", 65),
        ],
        settings: vec![
            Fact::new("optimizer", "adam, lr 0.001"),
            Fact::new("loss", "binary_crossentropy"),
            Fact::new("batch size", 32),
            Fact::new("augment", "flip, rotate90"),
            Fact::new("early stopping", "val_auc, patience 3"),
        ],
        history,
        best_epoch: best,
        monitor: Some("val_auc".to_owned()),
        ending: if best == Some(epochs) { Ending::AllEpochs } else { Ending::StoppedEarly },
        augmentations: None,
    }
}

pub fn trial(lr: &str, batch: &str, auc: f64) -> Trial {
    Trial {
        name: format!("search[lr={lr},batch_size={batch}]"),
        values: vec![lr.to_owned(), batch.to_owned()],
        outcome: Outcome::Scored {
            objective: auc,
            metrics: vec![
                ("val_accuracy".to_owned(), auc - 0.07),
                ("val_loss".to_owned(), 1.2 - auc),
            ],
        },
    }
}

pub fn grid() -> SearchSection {
    let failed = Trial {
        name: "search[lr=0.01,batch_size=64]".to_owned(),
        values: vec!["0.01".to_owned(), "64".to_owned()],
        outcome: Outcome::Failed {
            error: "the loss of epoch 2 is not a number; lower the learning rate".to_owned(),
        },
    };
    SearchSection {
        stage: "search".to_owned(),
        objective: "val_auc".to_owned(),
        goal: Goal::Maximize,
        parameters: vec!["optimizer.adam.lr".to_owned(), "batch_size".to_owned()],
        trials: vec![
            trial("0.01", "32", 0.8712),
            failed,
            trial("0.001", "32", 0.9341),
            trial("0.001", "64", 0.9287),
            trial("0.0001", "32", 0.9022),
            trial("0.0001", "64", 0.8875),
        ],
        best: Some(2),
    }
}

/// Patches of discs on pink, larger and darker for positives, as a PNG.
fn picture(class: Class, seed: u32) -> SampleGrid {
    const SIDE: u32 = 64;
    let (columns, rows, gap) = (6, 3, 4);
    let (width, height) = (columns * (SIDE + gap) - gap, rows * (SIDE + gap) - gap);
    let mut picture = image::RgbaImage::new(width, height);
    let mut noise = Noise(seed);
    for patch in 0..columns * rows {
        let (left, top) = ((patch % columns) * (SIDE + gap), (patch / columns) * (SIDE + gap));
        let (discs, size, dark) =
            if class == Class::Positive { (26, 6.0, 80) } else { (14, 3.5, 40) };
        let tint = (noise.next() * 18.0) as u8;
        let mut patch = image::RgbaImage::from_fn(SIDE, SIDE, |x, y| {
            let wave = (6.0 * (x as f32 * 0.21 + y as f32 * 0.13).sin()) as i16;
            let shade = |v: u8| (i16::from(v) + wave).clamp(0, 255) as u8;
            image::Rgba([shade(228), shade(170 + tint), shade(205), 255])
        });
        for _ in 0..discs {
            let (x, y) = (noise.next() * 64.0, noise.next() * 64.0);
            let radius = size * (0.7 + 0.6 * noise.next());
            for (px, py, pixel) in patch.enumerate_pixels_mut() {
                if (px as f32 - x).hypot(py as f32 - y) < radius {
                    *pixel = image::Rgba([150 - dark, 110 - dark, 170 - dark / 2, 255]);
                }
            }
        }
        image::imageops::overlay(&mut picture, &patch, i64::from(left), i64::from(top));
    }
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let caption = "18 patches drawn at random".to_owned();
    SampleGrid { class, png: png.into_inner(), width, height, caption }
}

pub fn counts(split: &str, negative: u64, positive: u64, groups: u64) -> SplitCounts {
    SplitCounts { split: split.to_owned(), negative, positive, unlabelled: 0, groups: Some(groups) }
}

pub fn exploration() -> Exploration {
    let bump = |centre: f64, width: f64, n: f64| -> Vec<u64> {
        let height = |i: u32| {
            let z = ((f64::from(i) + 0.5) / 32.0 - centre) / width;
            (n * (-0.5 * z * z).exp()) as u64
        };
        (0..32).map(height).collect()
    };
    let ids = |n: u32| {
        (0..n)
            .map(|i| {
                format!(
                    "{:08x}{:08x}",
                    i.wrapping_add(1).wrapping_mul(2_654_435_761),
                    i.wrapping_mul(40_503)
                )
            })
            .collect()
    };
    Exploration {
        stage: "eda".to_owned(),
        counts: vec![
            counts("train", 10_472, 7_128, 158),
            counts("valid", 1_309, 891, 34),
            counts("test", 1_306, 894, 34),
        ],
        channels: vec![
            ChannelStats { class: None, mean: [0.702, 0.546, 0.696], sd: [0.239, 0.282, 0.216] },
            ChannelStats {
                class: Some(Class::Negative),
                mean: [0.721, 0.576, 0.717],
                sd: [0.252, 0.297, 0.222],
            },
            ChannelStats {
                class: Some(Class::Positive),
                mean: [0.674, 0.502, 0.665],
                sd: [0.214, 0.252, 0.203],
            },
        ],
        brightness: vec![
            BrightnessHistogram { class: Class::Negative, counts: bump(0.68, 0.14, 900.0) },
            BrightnessHistogram { class: Class::Positive, counts: bump(0.57, 0.10, 700.0) },
        ],
        samples: vec![picture(Class::Negative, 3), picture(Class::Positive, 5)],
        findings: vec![
            Finding {
                kind: FindingKind::Unreadable,
                total: 1,
                items: vec![
                    "train/0b02f0ba.tif: the file ends after 12,288 of 27,780 bytes".to_owned(),
                ],
            },
            Finding { kind: FindingKind::Duplicate, total: 212, items: ids(8) },
            Finding { kind: FindingKind::ConflictingDuplicate, total: 3, items: ids(3) },
            Finding { kind: FindingKind::LeakingTwin, total: 9, items: ids(8) },
        ],
        ..looked_at()
    }
}

fn interval(value: f64, half: f64) -> Interval {
    Interval { value, low: value - half, high: value + half }
}

/// What the looks beyond counting find.
fn looked_at() -> Exploration {
    let tally = |name: &str, images| Tally { name: name.to_owned(), images };
    let part = |by: &str, name: &str, images, groups, share: f64, half: f64| Part {
        by: by.to_owned(),
        name: name.to_owned(),
        images,
        groups,
        share: interval(share, half),
        effective: share * (1.0 - share) / (half / 1.96).powi(2),
    };
    let mut noise = Noise(9);
    let mut unit = || f64::from(noise.next());
    let groups = (0..30).map(|i| GroupLook {
        name: format!("slide-{i}"),
        negative: 40,
        positive: i * 3,
        stains: Some([0.2 + 0.1 * unit(), if i == 7 { 0.4 } else { 0.1 + 0.05 * unit() }]),
        outlying: i == 7,
    });
    let groups = groups.collect();
    let points = (0..60).map(|i| MapPoint {
        class: if i % 2 == 0 { Class::Negative } else { Class::Positive },
        group: format!("slide-{}", i % 9),
        x: 4.0 * unit() - f64::from(i % 2),
        y: 3.0 * unit(),
    });
    let points = points.collect();
    let axis = |explained, names: [&str; 4]| MapAxis {
        explained,
        weights: names.iter().zip([0.6, -0.5, 0.4, 0.1]).map(|(n, w)| (n.to_string(), w)).collect(),
        between_classes: Some(0.2),
        between_groups: Some(0.3),
    };
    let shades = |class, shift: u64| ShadeHistogram {
        class,
        counts: [0, 1, 2].map(|channel| (0..16).map(|bin| (bin + channel) * shift % 23).collect()),
    };
    Exploration {
        formats: vec![tally("TIFF rgb8", 21_998), tally("PNG grey8", 2)],
        sizes: vec![tally("96×96", 22_000)],
        balance: vec![
            part("all", "all", 22_000, 200, 0.4051, 0.03),
            part("split", "train", 17_600, 158, 0.405, 0.03),
            part("split", "test", 2_200, 34, 0.4064, 0.07),
        ],
        groups,
        shades: vec![shades(Class::Negative, 5), shades(Class::Positive, 7)],
        measures: measures(),
        staining: Some(Staining {
            groups: 30,
            haematoxylin: [0.2, 0.25, 0.28],
            eosin: [0.11, 0.13, 0.14],
            outliers: 1,
            outlying: vec![Outlying {
                group: "slide-7".to_owned(),
                images: 61,
                stains: [0.22, 0.4],
                scores: [-0.4, 9.1],
            }],
        }),
        means: vec![MeanImage {
            class: Class::Positive,
            images: 8_913,
            gain: 20,
            picture: Picture { png: vec![1, 2, 3], width: 8, height: 4 },
        }],
        colour: vec![
            colour_score("train", 10_472, 7_128, 158, interval(0.81, 0.01)),
            colour_score("valid", 1_309, 891, 34, interval(0.80, 0.03)),
            colour_score("test", 1_306, 894, 34, interval(0.79, 0.03)),
        ],
        map: Some(Map {
            axes: [
                axis(0.5, ["red", "green", "blue", "tissue"]),
                axis(0.25, ["green_sd", "blue_sd", "tissue", "red"]),
            ],
            points,
        }),
        flaws: vec![flaw(FlawKind::Ink, 11, 1), flaw(FlawKind::White, 4, 0)],
        ..Exploration::default()
    }
}

pub fn colour_score(
    on: &str,
    negative: u64,
    positive: u64,
    groups: u64,
    auc: Interval,
) -> ColourScore {
    ColourScore { on: on.to_owned(), negative, positive, groups, auc }
}

pub fn measures() -> Vec<Measure> {
    let measure = |name: &str, difference: Interval, between: f64| Measure {
        name: name.to_owned(),
        by_class: vec![
            (Class::Negative, [0.1, 0.2, 0.3, 0.4, 0.6]),
            (Class::Positive, [0.2, 0.3, 0.4, 0.5, 0.7]),
        ],
        difference: Some(difference),
        between_groups: Some(between),
    };
    vec![
        measure("brightness", interval(-12.25, 3.0), 0.2),
        measure("contrast", interval(0.5, 0.75), 0.1),
        measure("tissue", interval(0.125, 0.025), 0.1),
        measure("haematoxylin", interval(0.0625, 0.0125), 0.45),
        measure("eosin", interval(0.001, 0.01), 0.5),
        measure("centre", interval(-4.0, 1.0), 0.0),
    ]
}

fn flaw(kind: FlawKind, negative: u64, positive: u64) -> Flaw {
    Flaw {
        kind,
        negative,
        positive,
        unlabelled: 0,
        share: Some(Interval { value: 0.08, low: 0.01, high: 0.35 }),
        picture: Some(Picture { png: vec![1, 2, 3], width: 8, height: 4 }),
        shown: vec!["a".to_owned(), "b".to_owned()],
    }
}

pub fn full() -> Report {
    Report {
        title: "Metastatic tissue in lymph-node patches".to_owned(),
        description: "A small network against a pretrained ResNet-18 on 96-pixel patches; a patch is positive \
                      if its central 32 × 32 pixels hold tumour."
            .to_owned(),
        notes: "The *second* network was pretrained; see [the paper](https://example.org).".to_owned(),
        exploration: Some(exploration()),
        models: vec![model("cnn", 12, 0.03), model("resnet", 9, 0.22)],
        searches: vec![grid()],
        evaluations: vec![EvaluationSection {
            stage: "scores".to_owned(),
            split: "test".to_owned(),
            models: vec![scored("cnn", 2_200, 2.1, 1), scored("resnet", 2_200, 2.75, 2)],
        }],
        origin: Some(Origin {
            version: "0.1.0".to_owned(),
            key: "7f".repeat(32),
            inputs: ["cnn model", "resnet model", "search search", "scores evaluation"]
                .map(|input| {
                    let (stage, artifact) = input.split_once(' ').unwrap();
                    let digest = "0a".repeat(32);
                    OriginInput { stage: stage.into(), artifact: artifact.into(), digest }
                })
                .to_vec(),
        }),
    }
}
