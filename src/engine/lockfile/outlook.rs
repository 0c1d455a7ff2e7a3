//! A plan explained by the lock file, where the store knows nothing: on a machine that never ran the
//! pipeline the file tells what is as it was, and what has changed since.

use super::{LockFile, LockedStage, explaining};
use crate::engine::{
    artifact::{File, Tree},
    digest::Digest,
    pipeline::NodeId,
    plan::{Judge, Planned, Prepared, Read, Verdict},
    reason::Reason,
    recipe::{Difference, differences_of, facts},
    store::Lookup,
};
use std::collections::HashMap;

impl LockFile {
    /// Replaces the word that nothing is known of a stage by how it compares with the lock file.
    /// Stages that are as locked are taken to give what is locked, so that those that read them can
    /// be compared too. `planned` is in the order of execution.
    pub fn explain(&self, judge: &Judge, planned: &mut [Planned]) {
        let mut contents: HashMap<NodeId, Digest> = HashMap::new();
        for stage in planned {
            if let Verdict::Cached(record) = &stage.verdict {
                contents.insert(stage.id, record.outputs.digest());
                continue;
            }
            let node = &judge.pipeline.nodes[stage.id];
            let Some(locked) = self.stage.get(&node.name) else { continue };
            let known = |from| contents.get(&from).copied().map(Read::Made);
            // What cannot be prepared has an unknown input, or a problem that the verdict tells.
            let Ok(prepared) = judge.prepare(stage.id, known) else { continue };
            let is_locked = locked.key == prepared.key;
            if is_locked {
                contents.insert(stage.id, locked.contents());
            }
            if is_unexplained(judge, stage, &prepared) {
                let reason = match is_locked {
                    true => Reason::AsLocked,
                    false => Reason::Changed {
                        was: Some("the lock file".into()),
                        differences: locked.differences(judge, stage.id, &prepared),
                    },
                };
                stage.verdict = Verdict::Stale(vec![reason]);
            }
        }
    }
}

/// Whether nothing is known of a stage but that it has no result here.
fn is_unexplained(judge: &Judge, stage: &Planned, prepared: &Prepared) -> bool {
    let never_ran = judge.last(&judge.pipeline.nodes[stage.id].name).is_none();
    match &stage.verdict {
        Verdict::Stale(reasons) => reasons[..] == [Reason::New],
        Verdict::Waits { .. } => {
            never_ran && !matches!(judge.store.find(&prepared.key), Lookup::Hit(_))
        }
        _ => false,
    }
}

impl LockedStage {
    /// The digest of the locked files.
    fn contents(&self) -> Digest {
        let file = |(name, digest): (&String, &Digest)| {
            // Sizes are not part of a tree's digest.
            File { name: name.clone(), digest: *digest, size: 0 }
        };
        Tree::new(self.outputs.iter().map(file).collect()).digest()
    }

    fn differences(&self, judge: &Judge, id: NodeId, now: &Prepared) -> Vec<Difference> {
        let node = &judge.pipeline.nodes[id];
        let found = differences_of(&self.recipe, &explaining(node, facts(&now.recipe)));
        if !self.recipe.is_empty() && !found.is_empty() {
            return found;
        }
        let (old, new) = (Some(self.key.short()), Some(now.key.short()));
        vec![Difference { place: "key".into(), old, new }]
    }
}
