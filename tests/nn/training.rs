//! What training does: it learns, stops early, and says what went wrong.

use expect_test::expect;
use microtome::data::Batch;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, Shape, Trainer, Training, fit_on};

use crate::fixture::{Log, every_layer, fit, labelled, patches, score, training};

#[test]
fn a_tiny_network_learns_32_images_by_heart() {
    let (_folder, data) = patches(32, 4);
    let training = training(
        r#"
        model = { layers = [ { conv = 8 }, "batch_norm", "relu", { max_pool = 2 }, { conv = 8 }, "relu", "flatten", { dense = 1 } ] }
        optimizer = { adam = { lr = 0.01 } }
        batch_size = 8
        epochs = 12
        "#,
    );
    let history = fit(&training, &data).unwrap().history;
    let (first, last) = (history[0], history[11]);
    assert!(first.train_loss > 0.3, "{first:?}");
    assert!(last.train_loss < 0.02 && last.train_accuracy == 1.0, "{last:?}");
}

/// Without a data set: eight images of noise, learnt by heart.
#[test]
fn a_trainer_takes_batches_from_memory() {
    let cx = Compute::new(Isa::chosen().unwrap());
    let settings = r#"
        model = { layers = [ { conv = 8 }, "relu", "flatten", { dense = 1 } ] }
        optimizer = { adam = { lr = 0.01 } }
    "#;
    let mut trainer = Trainer::new(cx, &training(settings), Shape::new(6, 5, 3), None).unwrap();
    let mut random = microtome::data::random::Random::new(1, "noise", 0, 0);
    let pixels = (0..8 * 6 * 5 * 3).map(|_| random.below(256) as u8).collect();
    let labels = vec![0, 1, 1, 0, 1, 0, 0, 1];
    let batch = Batch { pixels, labels, rows: (0..8).collect() };
    let before = trainer.infer(&batch).unwrap();
    let first = trainer.step(&batch, 0, 0).unwrap();
    assert_eq!(first.logits, before, "a step tells what it saw before it moved the weights");
    assert!((0.5..1.0).contains(&first.loss), "{}", first.loss);
    let last = (1..60).map(|step| trainer.step(&batch, 0, step).unwrap().loss).last().unwrap();
    assert!(last < 0.05, "{last}");
    let logits = trainer.infer(&batch).unwrap();
    assert_eq!(logits, trainer.infer(&batch).unwrap(), "inference changes nothing");
    assert!(logits.iter().zip(&batch.labels).all(|(logit, label)| (*logit > 0.0) == (*label == 1)));
}

#[test]
fn the_watcher_sees_every_image_and_every_epoch() {
    let (_folder, data) = patches(10, 4);
    let training =
        training("model = { layers = ['flatten', { dense = 1 }] }\nepochs = 2\nbatch_size = 4");
    let mut log = Log::default();
    fit_on(Compute::new(Isa::chosen().unwrap()), &training, &data, &score, None, &mut log).unwrap();
    // The fourth call of each epoch comes from validation.
    assert_eq!(
        log.steps,
        [(4, 20), (8, 20), (10, 20), (10, 20), (14, 20), (18, 20), (20, 20), (20, 20)]
    );
    assert_eq!(log.epochs, [1, 2]);
}

/// The valid split has wrong labels: its loss turns while the training loss still falls.
#[test]
fn early_stopping_keeps_the_best_epoch() {
    let (_folder, data) = patches(32, 12);
    let training = training(
        r#"
        model = { layers = [ { conv = 8 }, "relu", "flatten", { dense = 1 } ] }
        optimizer = { adam = { lr = 0.01 } }
        batch_size = 8
        epochs = 30
        early_stopping = { monitor = "val_loss", patience = 2 }
        "#,
    );
    let trained = fit(&training, &data).unwrap();
    let losses: Vec<f64> = trained.history.iter().map(|row| row.val_loss).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let description = trained.network.description();
    assert_eq!(description.metrics.val_loss, best);
    assert_eq!(description.best_epoch, losses.len() - 2, "two epochs of patience after the best");
    assert!(losses.len() < 30);
    // The weights are the best epoch's too: they give its loss again.
    let rows = data.indices(microtome::data::Split::Valid);
    let probabilities = trained
        .network
        .predict(&data, &rows, 5, &mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    let loss = |(p, row): (&f32, &usize)| {
        -f64::from(if data.label(*row) == Some(1) { *p } else { 1.0 - p }).ln()
    };
    let mean = probabilities.iter().zip(&rows).map(loss).sum::<f64>() / rows.len() as f64;
    assert!((mean - best).abs() < 1e-5, "{mean} {best}");
}

#[test]
fn without_early_stopping_the_last_epoch_is_kept() {
    let (_folder, data) = patches(14, 4);
    let trained = fit(&every_layer(), &data).unwrap();
    assert_eq!((trained.history.len(), trained.network.description().best_epoch), (3, 3));
}

#[test]
fn memory_does_not_grow_from_step_to_step() {
    let (_folder, data) = patches(33, 8);
    let idle_after = |epochs| {
        let cx = Compute::new(Isa::chosen().unwrap());
        let training =
            Training { epochs: std::num::NonZeroUsize::new(epochs).unwrap(), ..every_layer() };
        fit_on(cx.clone(), &training, &data, &score, None, &mut Log::default()).unwrap();
        cx.idle()
    };
    let after_two = idle_after(2);
    assert!(after_two > 0);
    assert_eq!(idle_after(8), after_two);
}

fn failure(toml: &str, train: usize, valid: usize) -> String {
    let (_folder, data) = patches(train, valid);
    fit(&training(toml), &data).err().unwrap().to_string()
}

#[test]
fn a_loss_that_diverges_is_an_error() {
    let toml = r#"
        model = { layers = [ { conv = 4 }, "relu", { conv = 4 }, "relu", "flatten", { dense = 1 } ] }
        optimizer = { sgd = { lr = 1e30 } }
    "#;
    expect![[r#"the loss became NaN in epoch 1, batch 2: the training diverged; try a lower learning rate than 1e30 (a tenth of it), `warmup = { epochs = 1 }`, `clip = { norm = 1.0 }`, or "batch_norm" after the convolutions"#]].assert_eq(&failure(toml, 64, 4));
}

const FLAT: &str = "model = { layers = ['flatten', { dense = 1 }] }";

/// The cosine of 0, 1/4, 1/2, 3/4 of a half turn, and a warm-up over the two steps of an epoch.
#[test]
fn the_history_has_the_learning_rates() {
    let (_folder, data) = patches(10, 4);
    let settings = "epochs = 4\nbatch_size = 5\noptimizer = { sgd = { lr = 0.1 } }\nschedule = { cosine = {} }\nwarmup = { epochs = 1, from = 0.5 }";
    let trained = fit(&training(&format!("{FLAT}\n{settings}")), &data).unwrap();
    let rates: Vec<f64> = trained.history.iter().map(|row| row.lr).collect();
    let expected = [0.075, 0.085_355_339, 0.05, 0.014_644_661];
    assert!(rates.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{rates:?}");
    let folder = tempfile::tempdir().unwrap();
    trained.write(folder.path()).unwrap();
    let csv = std::fs::read_to_string(folder.path().join("history.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("epoch,lr,train_loss,train_accuracy,val_loss,val_accuracy,val_auc")
    );
    assert!(
        lines.next().is_some_and(|line| line.starts_with(&format!("1,{},", rates[0]))),
        "{csv}"
    );
}

/// The learning rate becomes 10³⁰ after two epochs: the checkpoint of the second is left as it was.
#[test]
fn a_training_that_diverges_later_keeps_the_last_good_checkpoint() {
    let (_folder, data) = patches(64, 4);
    let toml = r#"
        model = { layers = [ { conv = 4 }, "relu", { conv = 4 }, "relu", "flatten", { dense = 1 } ] }
        optimizer = { sgd = { lr = 1e-3 } }
        schedule = { milestones = { at = [2], factor = 1e33 } }
    "#;
    let scratch = tempfile::tempdir().unwrap();
    let run = || {
        let mut log = Log::default();
        let cx = Compute::new(Isa::chosen().unwrap());
        let failed =
            fit_on(cx, &training(toml), &data, &score, Some(scratch.path()), &mut log).err();
        (failed.unwrap().to_string(), log)
    };
    let path = scratch.path().join("checkpoint");
    let (message, log) = run();
    assert_eq!(log.epochs, [1, 2]);
    // Two steps an epoch: the first of the third is made with the new rate, the second sees it.
    assert_eq!(log.steps.last(), Some(&(160, 1280)));
    let kept = std::fs::read(&path).unwrap();
    expect![[r#"the loss became NaN in epoch 3, batch 2: the training diverged; try a lower learning rate than 1e30 (a tenth of it), `warmup = { epochs = 1 }`, `clip = { norm = 1.0 }`, or "batch_norm" after the convolutions; the network as it was after epoch 2 is kept in SCRATCH/checkpoint"#]].assert_eq(&message.replace(&path.display().to_string(), "SCRATCH/checkpoint"));
    let (again, log) = run();
    assert_eq!((again, log.epochs.len()), (message, 0), "it goes on from the checkpoint");
    assert_eq!(std::fs::read(&path).unwrap(), kept);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    expect!["optimizer.sgd.momentum: the momentum is 1, and must be at least 0 and below 1"]
        .assert_eq(&failure(
            &format!("{FLAT}\noptimizer = {{ sgd = {{ momentum = 1.0 }} }}"),
            8,
            4,
        ));
}

#[test]
fn a_batch_larger_than_the_train_split_is_one_step() {
    let (_folder, data) = patches(10, 4);
    let training = training(&format!("{FLAT}\nbatch_size = 11\nepochs = 2"));
    let mut log = Log::default();
    fit_on(Compute::new(Isa::chosen().unwrap()), &training, &data, &score, None, &mut log).unwrap();
    assert_eq!(log.steps, [(10, 20), (10, 20), (20, 20), (20, 20)]);
    expect!["`batch_size` is 11, but the train split has 10 images: each epoch is a single step"]
        .assert_eq(&log.notes.join("\n"));
    let exact = Training { batch_size: std::num::NonZeroUsize::new(10).unwrap(), ..training };
    let mut log = Log::default();
    fit_on(Compute::new(Isa::chosen().unwrap()), &exact, &data, &score, None, &mut log).unwrap();
    assert_eq!(log.notes, [""; 0]);
}

#[test]
fn a_train_split_of_one_class_is_an_error() {
    for label in [0, 1] {
        let (_folder, data) = labelled(6, 4, |i, drawn| if i < 6 { label } else { drawn });
        let failed = fit(&training(FLAT), &data).err().unwrap().to_string();
        match label {
            0 => expect!["the train split has 6 images of class 0 and 0 of class 1: a classifier needs both; look at the labels that `ingest` found, or split again with `stratify = true`"].assert_eq(&failed),
            _ => expect!["the train split has 0 images of class 0 and 6 of class 1: a classifier needs both; look at the labels that `ingest` found, or split again with `stratify = true`"].assert_eq(&failed),
        }
    }
}

/// Nothing is trained before: the watcher is never called.
#[test]
fn an_auc_that_is_not_defined_is_refused_at_once() {
    let (_folder, data) = labelled(8, 4, |i, drawn| if i < 8 { drawn } else { 1 });
    for (settings, expected) in [
        (
            "early_stopping = {}",
            expect![[
                r#"early stopping watches val_auc, which needs images of both classes, but the valid split has only one: use `monitor = "val_loss"`, or split again"#
            ]],
        ),
        (
            "schedule = { reduce_on_plateau = { monitor = 'val_auc' } }",
            expect![[
                r#"reduce_on_plateau watches val_auc, which needs images of both classes, but the valid split has only one: use `monitor = "val_loss"`, or split again"#
            ]],
        ),
    ] {
        let mut log = Log::default();
        let cx = Compute::new(Isa::chosen().unwrap());
        let training = training(&format!("{FLAT}\n{settings}"));
        let failed = fit_on(cx, &training, &data, &score, None, &mut log).err().unwrap();
        assert!(log.steps.is_empty());
        expected.assert_eq(&failed.to_string());
    }
    // Not watched, it is merely unknown.
    assert_eq!(
        fit(&training(&format!("{FLAT}\nepochs = 1")), &data).unwrap().history[0].val_auc,
        None
    );
}

/// Three of four images are of class 0, and nothing tells them apart: class 1 counts three times.
#[test]
fn a_balanced_loss_weighs_the_rarer_class_up() {
    let (_folder, data) = labelled(32, 8, |i, _| u8::from(i % 4 == 0));
    let mean = |loss: &str| {
        let trained = fit(
            &training(&format!(
                "{FLAT}\nepochs = 8\noptimizer = {{ sgd = {{ lr = 0.01 }} }}\n{loss}"
            )),
            &data,
        )
        .unwrap();
        let rows = data.indices(microtome::data::Split::Train);
        let p = trained
            .network
            .predict(&data, &rows, 8, &mut |_| std::ops::ControlFlow::Continue(()))
            .unwrap();
        p.iter().sum::<f32>() / p.len() as f32
    };
    let plain = mean("loss = 'binary_crossentropy'");
    let balanced = mean("loss = { binary_crossentropy = { positive_weight = 'balanced' } }");
    let three = mean("loss = { binary_crossentropy = { positive_weight = 3 } }");
    assert!(plain < 0.4 && balanced > plain + 0.02, "{plain} {balanced}");
    assert_eq!(balanced, three);
}

#[test]
fn an_empty_split_is_an_error() {
    let toml = "model = { layers = ['flatten', { dense = 1 }] }";
    expect![
        "the valid split has no labelled images: give it a share in the preprocess stage's `split`"
    ]
    .assert_eq(&failure(toml, 8, 0));
    expect![
        "the train split has no labelled images: give it a share in the preprocess stage's `split`"
    ]
    .assert_eq(&failure(toml, 0, 8));
}

#[test]
fn an_auc_that_is_not_defined_cannot_be_watched() {
    let toml =
        "model = { layers = ['flatten', { dense = 1 }] }\nearly_stopping = { monitor = 'val_auc' }";
    expect![[r#"early stopping watches val_auc, which needs images of both classes, but the valid split has only one: use `monitor = "val_loss"`, or split again"#]].assert_eq(&failure(toml, 8, 1));
}

#[test]
fn a_model_that_does_not_fit_its_images_is_an_error() {
    expect![[r#"layer 2 (dense = 1) takes a vector, not a 12×12×4 map: put "flatten" or "global_avg_pool" before it"#]].assert_eq(&failure("model = { layers = [{ conv = 4 }, { dense = 1 }] }", 8, 4));
}
