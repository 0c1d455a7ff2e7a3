//! Where models do worse: by source, and by group.

use maud::{Markup, html};

use crate::report::number::{DASH, count, or_dash, percent, score, share};
use crate::report::table::table;
use crate::report::values::{ModelScores, Slice};

pub(super) fn markup(models: &[&ModelScores]) -> Markup {
    let sources = models.iter().any(|model| model.sources.len() > 1);
    let groups = models.iter().any(|model| !model.worst_groups.is_empty());
    html! {
        @if sources {
            h3 { "By source" }
            (listed("Each model on each source", "Source", models, |model| &model.sources))
        }
        @if groups {
            h3 { "Worst groups" }
            p {
                "Those most surely worse than others: by the lower end of the interval of their error "
                "rate. Of many groups some are worst by chance alone."
            }
            (listed("Groups with the most errors", "Group", models, |model| &model.worst_groups))
        }
    }
}

fn listed(
    caption: &str,
    what: &str,
    models: &[&ModelScores],
    slices: fn(&ModelScores) -> &[Slice],
) -> Markup {
    let headings =
        [what, "Model", "Images", "Positive", "Errors", "Error rate", "95% interval", "AUC"];
    let rows = html! {
        @for model in models { @for slice in slices(model) { (row(&model.model, slice)) } }
    };
    table(caption, &headings, rows)
}

fn row(model: &str, slice: &Slice) -> Markup {
    let interval = slice.error_rate.map_or(DASH.to_owned(), |rate| {
        format!("{} to {}", percent(rate.lower), percent(rate.upper))
    });
    html! {
        tr {
            th scope="row" { (slice.name) }
            td.words { (model) }
            td { (count(slice.images)) }
            td { (count(slice.positives)) }
            td { (count(slice.errors)) }
            td { (percent(share(slice.errors, slice.images))) }
            td { (interval) }
            td { (or_dash(slice.auc, score)) }
        }
    }
}
