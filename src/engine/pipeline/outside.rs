//! What a pipeline file makes stages read lies in the folder that one runs in or in the file's own,
//! or is allowed by name: a file from somebody else reads nothing behind one's back.
//!
//! What comes from `--set` is the user's own word. What lies in a folder that may be read, links
//! among it, was put there by who owns the folder.

use super::{draft::Draft, problem::Problem};
use crate::engine::source::{Root, SourceFiles};
use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
};

/// The folders that may be read.
pub struct Inside {
    folders: Vec<PathBuf>,
    /// What is known already: a thousand stages may read one folder.
    known: HashMap<PathBuf, Where>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Inside,
    Outside,
}

impl Inside {
    /// `pipeline` is the path of the file, `allowed` what it allows besides.
    pub fn new(pipeline: &Path, allowed: &[String]) -> Inside {
        let own = pipeline.parent().unwrap_or(Path::new(""));
        let allowed = allowed.iter().map(Path::new);
        let folders = [Path::new(""), own].into_iter().chain(allowed).filter_map(whole);
        Inside { folders: folders.collect(), known: HashMap::new() }
    }

    /// A problem for each of the draft's sources that lies outside.
    pub fn check(&mut self, draft: &Draft, problems: &mut Vec<Problem>) {
        for SourceFiles { name, root } in draft.stage.iter().flat_map(|stage| stage.sources()) {
            let (path, folder) = match &root {
                Root::Folder(path, _) => (path, path.as_path()),
                Root::File(path) => (path, path.parent().unwrap_or(path)),
                Root::Distant(_) | Root::DistantFolder(..) => continue,
            };
            let span = draft.table.locate(&name).map_or(draft.span, |place| place.value);
            if span.is_of_user() || self.place(path) == Where::Inside {
                continue;
            }
            let quoted = toml::Value::from(folder.to_string_lossy().into_owned());
            problems.push(
                Problem::new(format!(
                    "`{}` lies outside of the folder that you run in and of the pipeline's own",
                    path.display()
                ))
                .of(draft.owner())
                .at(span, "outside")
                .help(format!(
                    "to let it be read add `allow_outside = [{quoted}]` to `[pipeline]`"
                )),
            );
        }
    }

    fn place(&mut self, path: &Path) -> Where {
        if let Some(place) = self.known.get(path) {
            return *place;
        }
        let inside = whole(path)
            .is_some_and(|path| self.folders.iter().any(|folder| path.starts_with(folder)));
        let place = if inside { Where::Inside } else { Where::Outside };
        self.known.insert(path.into(), place);
        place
    }
}

/// The path from the root, as far as it exists without links, and without `..` in the rest.
fn whole(path: &Path) -> Option<PathBuf> {
    // An absolute path for the empty one too, which is the folder that one runs in.
    let path = std::env::current_dir().ok()?.join(path);
    let parts: Vec<Component> = path.components().collect();
    for there in (1..=parts.len()).rev() {
        let begin: PathBuf = parts[..there].iter().collect();
        if let Ok(mut found) = fs::canonicalize(&begin) {
            for part in &parts[there..] {
                match part {
                    Component::ParentDir => drop(found.pop()),
                    part => found.push(part),
                }
            }
            return Some(found);
        }
    }
    None
}
