//! The steps of a run, as the shim logs them.

use std::{collections::BTreeMap, fs, path::Path};

/// One call that writes, by its number, beginning at one.
#[derive(Clone, Debug)]
pub struct Step {
    pub number: usize,
    pub call: String,
    /// Below the folder of the run: `/cache/locks/…`.
    pub path: String,
}

impl Step {
    /// The call and the place where it happens: `rename objects`.
    pub fn sort(&self) -> String {
        format!("{} {}", self.call.trim_end_matches("64"), self.place())
    }

    fn place(&self) -> &str {
        let mut parts = self.path.trim_start_matches(['/', '.']).split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("cache"), Some("tmp"), Some(name), None) if name.starts_with("write.") => {
                "a file of the store"
            }
            (Some("cache"), Some("tmp"), Some(_), None) => "a folder of work",
            (Some("cache"), Some("tmp"), Some(_), Some(_)) => "work",
            (Some("cache"), Some("scratch"), Some(_), Some(file)) => file,
            (Some("cache"), Some("scratch"), Some(_), None) => "a folder of checkpoints",
            (Some("cache"), Some("index"), Some(_), _) => "an index",
            (Some("cache"), Some(part), Some(_), _) => part,
            (Some("cache"), _, _, _) => "the store",
            (Some("out"), ..) if self.path.contains("/.link.") => "a link's temporary",
            (Some("out"), ..) => "out",
            (Some(name), ..) if name.starts_with("pipeline.lock") => "the lock file",
            _ => "the pipeline's folder",
        }
    }

    /// Whether it can be done by half.
    pub fn writes(&self) -> bool {
        ["write", "writev", "pwrite64", "copy_file_range", "sendfile64"].contains(&&*self.call)
    }
}

/// Reads the log of a run.
pub fn read(log: &Path) -> Vec<Step> {
    let text = fs::read_to_string(log).unwrap();
    let step = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().unwrap().to_string();
        Step { number: part().parse().unwrap(), call: part(), path: part() }
    };
    text.lines().map(step).collect()
}

/// So many of the steps: the one in the middle of each sort first, then others, evenly spread.
pub fn choose<'s>(steps: impl Iterator<Item = &'s Step>, rounds: usize) -> Vec<&'s Step> {
    let steps: Vec<_> = steps.collect();
    let mut sorts = BTreeMap::<_, Vec<_>>::new();
    for &step in &steps {
        sorts.entry(step.sort()).or_default().push(step);
    }
    let mut chosen: BTreeMap<_, _> =
        sorts.values().map(|of| of[of.len() / 2]).map(|step| (step.number, step)).collect();
    let more = rounds.saturating_sub(chosen.len()).min(steps.len());
    chosen.extend((0..more).map(|i| steps[i * steps.len() / more]).map(|s| (s.number, s)));
    chosen.into_values().collect()
}
