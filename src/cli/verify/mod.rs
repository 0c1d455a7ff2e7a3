//! `microtome verify`: results made again beside the store, and compared.

mod differing;

use super::{
    Exit, Failure, PipelineArgs, StoreArgs, failed, print,
    progress::{Display, Look},
    run::{compute_on, targets, watch_for_signals},
    table::{counted, seconds},
};
use crate::{
    engine::{
        Event, Judge, NodeId, Pipeline, Reproducible, StageError, Store,
        artifact::Tree,
        moment::when,
        plan,
        store::{Provenance, host, unique},
    },
    stages,
};
use clap::Args;
use differing::{Side, differing};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicBool},
    time::Instant,
};

/// Run stages again beside the store, and compare what comes out with what is there
///
/// Nothing is written to the store: inputs are read from it, work and results go to a folder that is
/// removed in the end. Exit code 0: reproduced; 4: something differs; 1: a stage could not be run.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The stages to make again, each of what the store has as its inputs; all, if none is named
    #[arg(long, value_name = "STAGE", num_args = 0.., required = true)]
    reproduce: Vec<String>,
    /// Make each twice, and compare these two as well: tells chance from another version or host
    #[arg(long)]
    twice: bool,
    /// Where to work; a folder in it is made and removed [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    temp: Option<PathBuf>,
    /// How many threads compute [default: the number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Verify {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        stages::check_environment().map_err(|problem| Failure::new(Exit::Wrong, problem))?;
        let pipeline = self.pipeline.load()?;
        let named = targets(&pipeline, &self.reproduce)?;
        compute_on(self.threads)?;
        let store = self.store.at()?;
        let judge = Judge::new(&pipeline, &store, BTreeSet::new());
        let planned = plan(&judge, &named);
        let order = planned.iter().map(|stage| stage.id).filter(|id| named.contains(id));
        let order: Vec<NodeId> = order.collect();
        // All that cannot be compared is known before the first stage runs.
        let all = order.iter().map(|id| Reproducible::new(&judge, &planned, *id));
        let all = all.collect::<Result<Vec<_>, _>>().map_err(failed(Exit::Failed))?;
        let stop = watch_for_signals(super::Form::Text);
        let mut exit = Exit::Done;
        for (id, stage) in order.into_iter().zip(&all) {
            if self.verify(&pipeline, &store, (id, stage), stop)? == Exit::Differs {
                exit = Exit::Differs;
            }
        }
        Ok(exit)
    }

    /// Makes one stage again, and says what came of it.
    fn verify(
        &self,
        pipeline: &Pipeline,
        store: &Store,
        (id, stage): (NodeId, &Reproducible),
        stop: &AtomicBool,
    ) -> Result<Exit, Failure> {
        let name = &pipeline.nodes[id].name;
        let temporary = Temporary::new(self.temp.as_deref())?;
        let clock = Instant::now();
        let times = if self.twice { 2 } else { 1 };
        let made =
            (1..=times).map(|n| again(pipeline, id, stage, &temporary.0.join(n.to_string()), stop));
        let made: Vec<(Store, Tree)> = made.collect::<Result<_, Failure>>()?;
        let kept = Side { name: "kept", store, tree: &stage.record.outputs };
        let names = ["made", "made again"].iter();
        let new = names.zip(&made).map(|(name, (store, tree))| Side { name, store, tree });
        let new: Vec<Side> = new.collect();
        let unlike_kept = new.first().map_or(Vec::new(), |new| differing(&kept, new));
        let unlike_itself = match &new[..] {
            [one, other, ..] => differing(one, other),
            _ => Vec::new(),
        };
        let took = seconds(clock.elapsed().as_secs_f64());
        if unlike_kept.is_empty() && unlike_itself.is_empty() {
            let twice = if self.twice { "twice, " } else { "" };
            let files = counted(kept.tree.files().len() as u64, "file");
            print(&format!("{name}: reproduced {twice}{files} in {took}"));
            return Ok(Exit::Done);
        }
        let origin = origin(&stage.record.provenance);
        let how = match (unlike_itself.is_empty(), self.twice) {
            (false, _) => "differs from itself: two runs here gave two results".to_string(),
            (true, true) => format!("differs from the store, in the same way twice: {origin}"),
            (true, false) => format!("differs from the store: {origin}"),
        };
        print(&format!("{name}: {how}"));
        unlike_kept.iter().chain(&unlike_itself).for_each(|line| print(&format!("  {line}")));
        Ok(Exit::Differs)
    }
}

/// Who made the result that is kept, and who compares.
fn origin(p: &Provenance) -> String {
    format!(
        "what is kept was made {} by version {} on {}, and this is version {} on {}",
        when(p.started),
        p.version,
        p.host,
        env!("CARGO_PKG_VERSION"),
        host()
    )
}

/// Makes the stage in a store of its own, showing how far it is.
fn again(
    pipeline: &Pipeline,
    id: NodeId,
    stage: &Reproducible,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<(Store, Tree), Failure> {
    let node = &pipeline.nodes[id];
    let beside = Store::open(folder).map_err(|error| Failure::new(Exit::Failed, error))?;
    let display = Mutex::new(Display::new(Look::detect()));
    let show = |event: Event| {
        display.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).show(&event);
    };
    show(Event::Started {
        stage: node.name.clone(),
        kind: node.kind.name,
        key: stage.record.key().hex(),
        reasons: vec!["to be compared".into()],
    });
    let progress = |progress| show(Event::Progress { stage: node.name.clone(), progress });
    let made = stage.make(&beside, stop, &progress);
    display.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).close();
    match made {
        Ok(tree) => Ok((beside, tree)),
        Err(StageError::Interrupted) => {
            Err(Failure::new(super::run::signal(), format!("`{}` was interrupted", node.name)))
        }
        Err(error) => {
            let (message, help) = error.into_words();
            let failure = Failure::new(Exit::Failed, format!("`{}` failed: {message}", node.name));
            Err(match help {
                Some(help) => failure.with_help(help),
                None => failure,
            })
        }
    }
}

/// A folder of our own, removed when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(within: Option<&Path>) -> Result<Temporary, Failure> {
        use std::os::unix::fs::DirBuilderExt;
        let within = within.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let path = within.join(format!("microtome-verify-{}", unique()));
        // It must not be there yet, and others have no business in it.
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Temporary(path)),
            Err(error) => {
                let message = format!("cannot make {}: {error}", path.display());
                Err(Failure::new(Exit::Failed, message)
                    .with_help("name another folder to work in with `--temp`"))
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
