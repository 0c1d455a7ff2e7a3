//! Tests between models that were scored on the same images, in whatever evaluations.

use super::{Pair, Scored};
use crate::{
    engine::StageError,
    metrics::{Groups, MetricError, Ranking},
    stages::evaluate::{Contender, pairs as tested, resampled},
};

/// A model on the images of another: its place among all, and its probabilities in their order.
type Member = (usize, Vec<f32>);

/// All pairs on the same images, of models that are not the `same` as an earlier one; and for images that differ, a sentence that says so.
pub(super) fn pairs(
    scored: &[Scored],
    names: &[String],
    same: &[Option<usize>],
) -> Result<(Vec<Pair>, Vec<String>), StageError> {
    let mut rooms: Vec<Vec<Member>> = Vec::new();
    let distinct = scored.iter().enumerate().filter(|(i, _)| same[*i].is_none());
    for (i, one) in distinct {
        let fits = |room: &[Member]| one.answers.in_order_of(&scored[room[0].0].answers);
        let found = rooms.iter().enumerate().find_map(|(at, room)| Some((at, fits(room)?)));
        match found {
            Some((at, probabilities)) => rooms[at].push((i, probabilities)),
            None => rooms.push(vec![(i, one.answers.probabilities.clone())]),
        }
    }
    let mut pairs = Vec::new();
    for room in &rooms {
        let found = in_room(scored, names, room);
        pairs.extend(found.map_err(|error| StageError::new(error.to_string()))?);
    }
    let first = rooms.first().map_or(0, |room| room[0].0);
    let others = rooms.iter().skip(1).map(|room| apart(scored, names, first, room)).collect();
    Ok((pairs, others))
}

/// The pairs of models on the same images. With the models of one evaluation they are those that it
/// holds itself, bit for bit.
fn in_room(scored: &[Scored], names: &[String], room: &[Member]) -> Result<Vec<Pair>, MetricError> {
    let lead = &scored[room[0].0];
    let (answers, intervals) = (&lead.answers, lead.evaluation.intervals);
    let seed = lead.made.record.recipe.params.get("seed").and_then(serde_json::Value::as_u64);
    let groups = Groups::named(&answers.groups);
    let ranking = |(i, probabilities): &Member| {
        Ranking::new(&answers.labels, probabilities, &groups, scored[*i].scores().threshold)
    };
    let rankings: Vec<Ranking> = room.iter().map(ranking).collect::<Result<_, _>>()?;
    let drawn = resampled(&rankings, &groups, intervals.resamples, seed.unwrap_or_default());
    let contender = |((i, probabilities), drawn): (&Member, _)| {
        let threshold = scored[*i].scores().threshold;
        Contender::of(&names[*i], &answers.labels, probabilities, threshold, drawn)
    };
    let contenders: Vec<Contender> = room.iter().zip(drawn).map(contender).collect();
    tested(&contenders, groups.count() as u64, intervals.level)
}

/// Why models are not tested against the first.
fn apart(scored: &[Scored], names: &[String], first: usize, room: &[Member]) -> String {
    let (one, other) = (&scored[first], &scored[room[0].0]);
    let members: Vec<String> = room.iter().map(|(i, _)| format!("`{}`", names[*i])).collect();
    let of = |one: &Scored| format!("{} images of {}", one.evaluation.images, one.evaluation.split);
    let shared = match other.answers.shared(&one.answers) as u64 {
        0 => "none of which are the same".into(),
        all if all == one.evaluation.images && all == other.evaluation.images => {
            "the same, with other labels or groups".into()
        }
        some => format!("{some} of which are the same"),
    };
    format!(
        "{} on {}, and `{}` on {}, {shared}: scores differ by the images, too, and no paired test \
         is made between them",
        members.join(", "),
        of(other),
        names[first],
        of(one)
    )
}
