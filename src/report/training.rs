//! Each model's way through its epochs.

use maud::{Markup, html};

use super::chart::{Caption, Line, Stroke, lines};
use super::number::{DASH, exact, or_dash, percent, plural, score};
use super::page::Section;
use super::table::table;
use super::values::{Ending, EpochRow, ModelSection, Report};

/// The section of all models, if there are any.
pub(super) fn section(report: &Report) -> Option<Section> {
    if report.models.is_empty() {
        return None;
    }
    let body = html! { @for (i, m) in report.models.iter().enumerate() { (model(i, m)) } };
    Some(Section { id: "training".to_owned(), title: "Training".to_owned(), body })
}

fn model(place: usize, model: &ModelSection) -> Markup {
    html! {
        h3 { (model.stage) }
        p { (course(model)) @if let Some(fit) = fit(model) { " " (fit) } }
        @if !model.history.is_empty() {
            div.figures { (loss(place, model)) (success(place, model)) (rate(place, model)) }
            details {
                summary { "Epochs of " (model.stage) " in numbers" }
                (epochs(model))
            }
        }
    }
}

/// The training in a sentence or two.
fn course(model: &ModelSection) -> String {
    let epochs = model.history.len() as u64;
    if epochs == 0 {
        return "No epoch was run, so there is no history to draw.".to_owned();
    }
    let ending = match model.ending {
        Ending::AllEpochs => format!("Ran all of its {}.", plural(epochs, "epoch")),
        Ending::StoppedEarly => format!("Stopped early after {}.", plural(epochs, "epoch")),
    };
    let best = model.best_epoch.map(|epoch| {
        let by = model.monitor.as_ref().map(|m| format!(", the best by {m}")).unwrap_or_default();
        format!(" The weights are those of epoch {epoch}{by}.")
    });
    format!("{ending}{}", best.unwrap_or_default())
}

/// Whether it went on to learn its training images by heart, from the losses after the best epoch.
pub(super) fn fit(model: &ModelSection) -> Option<String> {
    let last = model.history.last()?;
    let best = model.history.iter().find(|row| Some(row.epoch) == model.best_epoch)?;
    let (before, after) = (best.valid_loss?, last.valid_loss?);
    let finite = [before, after, best.train_loss, last.train_loss].iter().all(|v| v.is_finite());
    if !finite {
        return None;
    }
    let gap = format!(
        "In epoch {} its loss is {} on the images it trains on and {} on the validation split",
        best.epoch,
        score(best.train_loss),
        score(before)
    );
    Some(match (last.train_loss < best.train_loss, after > before) {
        _ if best.epoch == last.epoch => format!("{gap}."),
        (true, true) => format!(
            "{gap}; by epoch {} the one fell to {} and the other rose to {}: from there on it overfits.",
            last.epoch,
            score(last.train_loss),
            score(after)
        ),
        (true, false) => format!(
            "{gap}; by epoch {} both fell, to {} and {}: no sign of overfitting yet.",
            last.epoch,
            score(last.train_loss),
            score(after)
        ),
        (false, _) => format!("{gap}; after that the first does not fall any more."),
    })
}

/// One line, if the history holds any value of it.
fn line(
    model: &ModelSection,
    (name, class, stroke): (&'static str, &'static str, Stroke),
    value: fn(&EpochRow) -> Option<f64>,
) -> Option<Line> {
    let points: Vec<(u32, f64)> =
        model.history.iter().filter_map(|row| Some((row.epoch, value(row)?))).collect();
    points.iter().any(|p| p.1.is_finite()).then_some(Line { name, class, stroke, points })
}

fn best_mark(model: &ModelSection) -> Option<(u32, String)> {
    model.best_epoch.map(|epoch| (epoch, format!("best epoch: {epoch}")))
}

fn loss(place: usize, model: &ModelSection) -> Markup {
    let shown = [
        line(model, ("training", "train", Stroke::Dashed), |row| Some(row.train_loss)),
        line(model, ("validation", "valid", Stroke::Solid), |row| row.valid_loss),
    ];
    let caption = Caption {
        id: format!("loss-{place}"),
        title: "Loss by epoch",
        description: format!("Training and validation loss of {} by epoch.", model.stage),
    };
    drawn(&caption, "loss", shown, best_mark(model))
}

fn success(place: usize, model: &ModelSection) -> Markup {
    let shown = [
        line(model, ("training accuracy", "train", Stroke::Dashed), |row| row.train_accuracy),
        line(model, ("validation accuracy", "valid", Stroke::Solid), |row| row.valid_accuracy),
        line(model, ("validation AUC", "auc", Stroke::Dotted), |row| row.valid_auc),
    ];
    let caption = Caption {
        id: format!("success-{place}"),
        title: "Accuracy and AUC by epoch",
        description: format!("Accuracy and validation AUC of {} by epoch.", model.stage),
    };
    drawn(&caption, "share", shown, best_mark(model))
}

/// The learning rate, where it changes.
fn rate(place: usize, model: &ModelSection) -> Markup {
    let rates = || model.history.iter().filter_map(|row| row.lr);
    if rates().all(|rate| Some(rate) == rates().next()) {
        return html! {};
    }
    let shown = [line(model, ("learning rate", "train", Stroke::Solid), |row| row.lr)];
    let caption = Caption {
        id: format!("rate-{place}"),
        title: "Learning rate at the end of each epoch",
        description: format!("Learning rate of {} by epoch.", model.stage),
    };
    drawn(&caption, "learning rate", shown, best_mark(model))
}

fn drawn<const N: usize>(
    caption: &Caption,
    y_name: &str,
    shown: [Option<Line>; N],
    mark: Option<(u32, String)>,
) -> Markup {
    let shown: Vec<Line> = shown.into_iter().flatten().collect();
    if shown.is_empty() {
        return html! {};
    }
    lines(caption, y_name, &shown, mark)
}

fn epochs(model: &ModelSection) -> Markup {
    let headings = [
        "Epoch",
        "Learning rate",
        "Train loss",
        "Train accuracy",
        "Valid loss",
        "Valid accuracy",
        "Valid AUC",
    ];
    let rows = html! {
        @for row in &model.history {
            tr.best[Some(row.epoch) == model.best_epoch] {
                th scope="row" {
                    (row.epoch)
                    @if Some(row.epoch) == model.best_epoch { " (best)" }
                }
                td { (row.lr.map_or(DASH.to_owned(), exact)) }
                td { (score(row.train_loss)) }
                td { (or_dash(row.train_accuracy, percent)) }
                td { (or_dash(row.valid_loss, score)) }
                td { (or_dash(row.valid_accuracy, percent)) }
                td { (or_dash(row.valid_auc, score)) }
            }
        }
    };
    table(&format!("Epochs of {}", model.stage), &headings, rows)
}
