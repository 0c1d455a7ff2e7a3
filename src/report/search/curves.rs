//! The learning curves of all trials over one another.

use maud::{Markup, html};

use crate::report::chart::{Bundled, Caption, bundle};
use crate::report::levels::best;
use crate::report::number::count;
use crate::report::values::SearchSection;

/// More curves than this would be a blot; the best ones are drawn.
const DRAWN: usize = 200;

pub(super) fn markup(place: usize, search: &SearchSection) -> Markup {
    let with_points = || search.curves.iter().filter(|curve| !curve.points.is_empty());
    let all = with_points().count();
    if all == 0 {
        return html! {};
    }
    let winner = best(search);
    let curve = |curve: &crate::report::values::TrialCurve| Bundled {
        name: search.trials.get(curve.trial).map_or(String::new(), |trial| trial.name.clone()),
        first: Some(curve.trial) == winner,
        points: curve.points.clone(),
    };
    let own = with_points().filter(|c| Some(c.trial) == winner);
    let others = with_points().filter(|c| Some(c.trial) != winner).take(DRAWN);
    let curves: Vec<Bundled> = others.chain(own).map(curve).collect();
    let title = match all {
        n if n > curves.len() => {
            format!(
                "Learning curves of {} of {} trials",
                count(curves.len() as u64),
                count(n as u64)
            )
        }
        _ => "Learning curves of all trials".to_owned(),
    };
    let caption = Caption {
        id: format!("curves-{place}"),
        title: &title,
        description: format!("{} of each trial of {} by epoch.", search.objective, search.stage),
    };
    bundle(&caption, &search.objective, &curves)
}
