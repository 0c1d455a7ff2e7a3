//! What training does: it learns, stops early, and says what went wrong.

use expect_test::expect;
use microtome::nn::kernels::isa::Isa;
use microtome::nn::{Compute, Training, fit_on};

use crate::fixture::{Log, every_layer, fit, patches, score, training};

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
    expect![[r#"the loss became NaN in epoch 1, step 2: the training diverged; try a lower learning rate than 1e30 (a tenth of it), or put "batch_norm" after the convolutions"#]].assert_eq(&failure(toml, 64, 4));
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
