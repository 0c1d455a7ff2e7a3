//! A run in which nothing runs: every result is in the store, or there is no run.

use super::{
    event::Event,
    execute::{Order, link},
    output::Outputs,
    pipeline::Pipeline,
    plan::{Judge, Planned, Verdict, plan},
    run::{Run, State},
    source::Reach,
    store::Store,
};

/// The run of the targets if all that it would do is to take results from the store. Nothing is made
/// or fetched, and nothing but stat indices and links is written.
///
/// # Errors
/// The verdicts on the stages that have no result.
pub fn frozen<'a>(
    pipeline: &'a Pipeline,
    store: &Store,
    order: &Order,
    tell: &dyn Fn(Event),
) -> Result<Run<'a>, Vec<Planned>> {
    let judge = Judge::new(pipeline, store, order.force.clone()).within(Reach::Machine);
    let planned = plan(&judge, &order.targets);
    let is_there =
        |stage: &Planned| matches!(stage.verdict, Verdict::Cached(_) | Verdict::HeldBack { .. });
    if !planned.iter().all(is_there) {
        return Err(planned.into_iter().filter(|stage| !is_there(stage)).collect());
    }
    let mut run = Run::new(pipeline, &order.targets);
    tell(Event::Began { pipeline: pipeline.name.clone(), stages: planned.len() });
    let outputs = Outputs::new(&order.out, pipeline, store);
    for Planned { id, verdict, .. } in planned {
        let node = &pipeline.nodes[id];
        let (stage, kind) = (node.name.clone(), node.kind.name);
        let state = match verdict {
            Verdict::Cached(record) => {
                let (key, headline) = (record.key().hex(), record.headline.clone());
                tell(Event::Cached { stage, kind, key, headline });
                link(&judge, &outputs, &node.name, &record, tell);
                State::Cached(record.into())
            }
            Verdict::HeldBack { gate } => {
                tell(Event::HeldBack { stage, kind, gate: gate.clone() });
                State::HeldBack { gate }
            }
            _ => continue,
        };
        run.enter(id, State::Running);
        run.enter(id, state);
    }
    Ok(run)
}
