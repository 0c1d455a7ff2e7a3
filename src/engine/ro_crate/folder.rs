//! A crate on disk: whole under its name, or not there at all.

use super::{
    Author, Contents, Exported, License, METADATA, Part, Source, metadata, readme, uri::encoded,
};
use crate::engine::{
    digest::Digest,
    lockfile::{LockFile, LockedStage},
    output::place,
    pipeline::{NodeId, Pipeline},
    source::{Reach, SourceFiles},
    store::{Record, Store, unique},
};
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

/// What is to be exported.
pub struct Order<'a> {
    pub pipeline: &'a Pipeline,
    pub store: &'a Store,
    /// The stages and their results, in the order of execution.
    pub stages: Vec<(NodeId, Record)>,
    pub sources: Sources,
    /// What was laid over the pipeline file: `key=value`.
    pub sets: Vec<String>,
    pub license: License,
    pub authors: Vec<Author>,
}

/// What becomes of source files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    Described,
    Copied,
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Beside the metadata.
    pub files: usize,
    pub bytes: u64,
}

/// Why there is no crate.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} is there already, and not empty", .0.display())]
    Occupied(PathBuf),
    #[error("a crate cannot hold a pipeline file that is called `{0}`")]
    Name(String),
    #[error("`{file}` of `{stage}` is damaged in the store")]
    Damaged { stage: String, file: String },
    #[error("source files of `{stage}` cannot be exported: {why}")]
    Source { stage: String, why: String },
    #[error("cannot {action} {}: {error}", path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
}

fn during<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, ExportError> {
    result.map_err(|error| ExportError::Io { action, path: path.into(), error })
}

/// Writes the crate into a folder that is not there yet, or empty.
///
/// # Errors
/// Then the folder is as it was.
pub fn write(order: &Order, into: &Path) -> Result<Written, ExportError> {
    if is_occupied(into)? {
        return Err(ExportError::Occupied(into.into()));
    }
    // Beside its place, so that it can be moved there in one step.
    let above = into.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    during("make", above, fs::create_dir_all(above))?;
    let temporary = above.join(format!(".crate.{}.tmp", unique()));
    during("make", &temporary, fs::create_dir(&temporary))?;
    let written = fill(order, &temporary)
        .and_then(|written| during("write", into, fs::rename(&temporary, into)).map(|()| written));
    if written.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}

fn is_occupied(folder: &Path) -> Result<bool, ExportError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(true),
        Err(error) => during("read", folder, Err(error)),
    }
}

fn fill(order: &Order, folder: &Path) -> Result<Written, ExportError> {
    let path = &order.pipeline.path;
    let named = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (workflow, lock) = (named(path), named(&LockFile::path(path)));
    // The names of a crate's own folders and files are taken.
    let taken = [METADATA, readme::NAME, "stages", "sources", lock.as_str()];
    if taken.contains(&workflow.as_str()) || path.file_name() != Some(OsStr::new(&workflow)) {
        return Err(ExportError::Name(workflow));
    }
    let text = during("read", path, fs::read(path))?;
    let stages = order.stages.iter().map(|(id, record)| stage(order, *id, record, folder));
    let stages = stages.collect::<Result<Vec<_>, _>>()?;
    let page = readme::readme(order.pipeline, &stages, &order.sets);
    let contents = Contents {
        pipeline: order.pipeline,
        workflow: own_file(folder, workflow, &text)?,
        lock: own_file(folder, lock, locked(order).text().as_bytes())?,
        readme: own_file(folder, readme::NAME.into(), page.as_bytes())?,
        stages,
        sets: order.sets.clone(),
        license: order.license.clone(),
        authors: order.authors.clone(),
    };
    let path = folder.join(METADATA);
    let text = serde_json::to_string_pretty(&metadata(&contents)).map_err(io::Error::from);
    let text = during("write", &path, text)? + "\n";
    during("write", &path, fs::write(&path, text))?;
    let stages = contents.stages.iter().flat_map(|stage| {
        let copies = stage.sources.iter().filter_map(|source| source.copies.as_ref());
        stage.files.iter().chain(copies.flat_map(|(_, parts)| parts))
    });
    let all = || stages.clone().chain([&contents.workflow, &contents.lock, &contents.readme]);
    Ok(Written { files: all().count(), bytes: all().map(|part| part.size).sum() })
}

/// The lock file of what is exported, which need not be all of the pipeline.
fn locked(order: &Order) -> LockFile {
    let mut lock = LockFile::default();
    for (id, record) in &order.stages {
        let node = &order.pipeline.nodes[*id];
        lock.stage.insert(node.name.clone(), LockedStage::of(node, record));
    }
    lock
}

fn own_file(folder: &Path, name: String, text: &[u8]) -> Result<Part, ExportError> {
    let path = folder.join(&name);
    during("write", &path, fs::write(&path, text))?;
    during("read", &path, Part::read(folder, name))
}

/// Links the files of a stage into the crate, and reads each, so that none is taken for what it is not.
fn stage(
    order: &Order,
    id: NodeId,
    record: &Record,
    folder: &Path,
) -> Result<Exported, ExportError> {
    let name = &order.pipeline.nodes[id].name;
    let below = format!("stages/{name}");
    let path = folder.join(&below);
    during("make", &path, fs::create_dir_all(&path))?;
    let each = record.outputs.files().par_iter().map(|file| {
        let damaged = || ExportError::Damaged { stage: name.clone(), file: file.name.clone() };
        let path = format!("{below}/{}", file.name);
        let link = folder.join(&path);
        during("write", &link, place(&order.store.blob(&file.digest), &link))?;
        let part = during("read", &link, Part::read(folder, path))?;
        if part.blake3 == file.digest { Ok(part) } else { Err(damaged()) }
    });
    let each: Vec<Result<_, ExportError>> = each.collect();
    let sources = order.pipeline.nodes[id].stage.sources();
    let sources = sources.iter().map(|files| source(order, files, name, record, folder));
    Ok(Exported {
        id,
        record: record.clone(),
        folder: below,
        files: each.into_iter().collect::<Result<_, _>>()?,
        sources: sources.collect::<Result<_, _>>()?,
    })
}

fn source(
    order: &Order,
    files: &SourceFiles,
    stage: &str,
    record: &Record,
    folder: &Path,
) -> Result<Source, ExportError> {
    let refuse = |why: String| ExportError::Source { stage: stage.into(), why };
    let snapshot = files.snapshot(&order.store.index_dir(), Reach::Machine);
    let snapshot = snapshot.map_err(|error| refuse(error.to_string()))?;
    if record.recipe.sources.get(&files.name) != Some(&snapshot.digest) {
        return Err(refuse("they changed meanwhile".into()));
    }
    let (name, digest) = (files.name.clone(), snapshot.digest);
    let count = snapshot.digests().count();
    if order.sources == Sources::Described {
        return Ok(Source { name, digest, count, copies: None });
    }
    let below = format!("sources/{stage}/{name}");
    let mut names = BTreeSet::new();
    let mut wanted = Vec::new();
    for (name, path, digest) in snapshot.files() {
        // A single file has no name below its root.
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.is_empty() { own.into_owned() } else { name.into_owned() };
        if !path.ends_with(&name) || !names.insert(name.clone()) {
            return Err(refuse(format!("the name of {} is not Unicode", path.display())));
        }
        wanted.push((format!("{below}/{name}"), path, digest));
    }
    let path = folder.join(&below);
    during("make", &path, fs::create_dir_all(&path))?;
    let copy = |(to, from, digest): (String, &Path, &Digest)| {
        let path = folder.join(&to);
        let above = path.parent().unwrap_or(folder);
        during("make", above, fs::create_dir_all(above))?;
        during("copy", from, fs::copy(from, &path))?;
        let part = during("read", &path, Part::read(folder, to))?;
        if part.blake3 == *digest {
            Ok(part)
        } else {
            Err(refuse(format!("{} changed meanwhile", from.display())))
        }
    };
    let copies: Vec<Result<_, ExportError>> = wanted.into_par_iter().map(copy).collect();
    let mut copies = copies.into_iter().collect::<Result<Vec<Part>, _>>()?;
    // The order of a walk is that of the file system.
    copies.sort_by_key(|part| encoded(&part.path));
    Ok(Source { name, digest, count, copies: Some((below, copies)) })
}
