//! A folder with a pipeline, its source files and its store, beside the model's idea of them.

use super::{
    drive::{End, Go, Told, plan, run},
    edit::{Edit, Hurt},
    graph::{Graph, Node, Stage, TEXTS},
    model::{Forecast, Kept, Outcome, Sources, forecast},
};
use microtome::engine::{Digest, LockFile, Store, store::Lookup};
use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub struct Place {
    dir: tempfile::TempDir,
    graph: Graph,
    graphs: Vec<Graph>,
    sources: Sources,
    kept: Kept,
    /// The engine's keys by the model's, and the other way round: equal ones mean the same.
    keys: BTreeMap<String, String>,
    meanings: BTreeMap<String, String>,
    /// The store was damaged, so that stages may run once more than they should.
    is_hurt: bool,
}

impl Place {
    pub fn new(graph: Graph) -> Place {
        // In memory where that is possible: every result is synced to the disk.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let mut place = Place {
            dir: dir.unwrap(),
            graphs: vec![graph.clone()],
            graph,
            sources: Sources::default(),
            kept: Kept::default(),
            keys: BTreeMap::new(),
            meanings: BTreeMap::new(),
            is_hurt: false,
        };
        fs::create_dir_all(place.path("source/folder")).unwrap();
        for file in 0..3 {
            place.sources.quoted.push(String::new());
            place.suffer(Edit::Write { file, text: file, same_time: false });
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn resolved(&self) -> (Vec<Node>, String) {
        self.graph.resolved(&self.path("source").display().to_string())
    }

    fn source(&self, file: usize) -> PathBuf {
        self.path(&format!("source/q{file}"))
    }

    pub fn suffer(&mut self, edit: Edit) {
        let stages = &mut self.graph.stages;
        let len = stages.len();
        match edit {
            Edit::Add { at, stage } if len < 12 => stages.insert(at % (len + 1), stage),
            Edit::Remove { at } if len > 1 => drop(stages.remove(at % len)),
            Edit::Add { .. } | Edit::Remove { .. } => {}
            Edit::Rename { at, name } => stages[at % len].name = name,
            Edit::Change { at, what } => {
                stages[at % len] = Stage { what, ..stages[at % len].clone() };
            }
            Edit::Swap { one, other } => stages.swap(one % len, other % len),
            Edit::Turn { by } => self.graph.turned = by,
            Edit::Revert { to } => self.graph = self.graphs[to % self.graphs.len()].clone(),
            Edit::Write { file, text, same_time } => self.write(file, TEXTS[text], same_time),
            Edit::Touch { file } => {
                let file = File::options().write(true).open(self.source(file)).unwrap();
                file.set_modified(std::time::SystemTime::now()).unwrap();
            }
            Edit::Toggle { file } => self.toggle(file),
            Edit::Run { jobs } => _ = self.run(Go { jobs, end: End::Itself }),
            Edit::Stop { jobs, after } => _ = self.run(Go { jobs, end: End::Stopped { after } }),
            Edit::KillAt { jobs, event } => {
                self.run(Go { jobs, end: End::KilledAt { event } });
            }
            Edit::KillIn { jobs, micros } => {
                self.run(Go { jobs, end: End::KilledIn { micros } });
            }
            Edit::Hurt { file, how } => self.hurt(file, how),
        }
        self.graphs.push(self.graph.clone());
    }

    fn write(&mut self, file: usize, text: &str, same_time: bool) {
        let path = self.source(file);
        let before = fs::metadata(&path).and_then(|meta| meta.modified());
        fs::write(&path, text).unwrap();
        if let (true, Ok(before)) = (same_time, before) {
            File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
        }
        self.sources.quoted[file] = text.into();
    }

    fn toggle(&mut self, file: usize) {
        let (name, text) = (format!("{file}.txt"), TEXTS[file]);
        let path = self.path("source/folder").join(&name);
        match self.sources.folder.remove(&name) {
            Some(_) => fs::remove_file(path).unwrap(),
            None => {
                fs::write(path, text).unwrap();
                self.sources.folder.insert(name, text.into());
            }
        }
    }

    /// Damages the file of the store that a number falls on.
    fn hurt(&mut self, file: usize, how: Hurt) {
        let mut files = files_below(&self.path("cache"));
        // A store whose mark is damaged is refused: it may be another version's.
        files.retain(|path| !path.ends_with("version"));
        let Some(path) = files.get(file % files.len().max(1)) else { return };
        let mut bytes = fs::read(path).unwrap();
        let permissions = fs::metadata(path).unwrap().permissions();
        self.is_hurt = true;
        match how {
            Hurt::Delete => return fs::remove_file(path).unwrap(),
            Hurt::Truncate { to } => bytes.truncate(to),
            Hurt::Flip { .. } if bytes.is_empty() => {}
            Hurt::Flip { bit } => {
                let bit = bit % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, permissions).unwrap();
    }

    /// Runs the pipeline as it is, holds what ran against the forecast, and gives how much did.
    fn run(&mut self, go: Go) -> usize {
        let (nodes, toml) = self.resolved();
        fs::write(self.path("toy.toml"), &toml).unwrap();
        let expected = forecast(&nodes, &self.sources, &self.kept);
        let told = run(self.dir.path(), go);
        let started = self.learn(&told, &nodes, &expected);
        let all = matches!(go.end, End::Itself);
        if !self.is_hurt && all {
            assert_eq!(started, expected.starts, "other stages ran than should have, of\n{toml}");
        }
        if !self.is_hurt && !all {
            let mut left = expected.starts.clone();
            for key in &started {
                let at = left.iter().position(|k| k == key);
                left.remove(at.unwrap_or_else(|| panic!("{key} ran without need, of\n{toml}")));
            }
        }
        if all {
            self.holds_the_locks(&nodes, &expected);
        }
        self.learn(&plan(self.dir.path()), &nodes, &expected);
        self.look_into_the_store();
        started.len()
    }

    /// The model's keys of what started; equal keys must mean equal things, and different ones
    /// different things.
    fn learn(&mut self, told: &[Told], nodes: &[Node], expected: &Forecast) -> Vec<String> {
        let mut started = Vec::new();
        for Told { what, stage, key } in told {
            let id = nodes.iter().position(|node| node.name == *stage).unwrap();
            let meaning = expected.keys[id].clone();
            let outcome = &expected.outcomes[id];
            let meaning = meaning.unwrap_or_else(|| panic!("{stage} {what}, and is {outcome:?}"));
            let known = self.keys.entry(meaning.clone()).or_insert_with(|| key.clone());
            assert_eq!(known, key, "two keys for {meaning}");
            let known = self.meanings.entry(key.clone()).or_insert_with(|| meaning.clone());
            assert_eq!(*known, meaning, "one key for two things");
            started.extend((what == "started").then_some(meaning));
        }
        started.sort();
        started
    }

    /// Notes what the store holds now: a killed run may have published more than it told.
    fn look_into_the_store(&mut self) {
        let store = Store::at(&self.path("cache"));
        for (meaning, key) in &self.keys {
            let key = key.parse().unwrap();
            let made = matches!(store.find(&key), Lookup::Hit(_));
            let was = self.kept.made.contains(meaning);
            assert!(made || !was || self.is_hurt, "the store lost {meaning}");
            made.then(|| self.kept.made.insert(meaning.clone()));
            if self.is_hurt && !made {
                self.kept.made.remove(meaning);
            }
            match store.failure(&key) {
                Some(_) => drop(self.kept.failed.insert(meaning.clone())),
                None => {
                    let lost = self.kept.failed.remove(meaning);
                    assert!(!lost || self.is_hurt, "the store lost how {meaning} failed");
                }
            }
        }
    }

    /// What the lock file says of every stage that has a result is what the model makes of it.
    fn holds_the_locks(&self, nodes: &[Node], expected: &Forecast) {
        let lock = LockFile::read(&self.path("toy.toml")).unwrap().unwrap();
        for (node, outcome) in nodes.iter().zip(&expected.outcomes) {
            let Outcome::Made(files) = outcome else { continue };
            let digest = |(name, text): (&String, &String)| {
                (name.clone(), Digest::of_bytes(text.as_bytes()))
            };
            let should: BTreeMap<_, _> = files.iter().map(digest).collect();
            let locked = lock.stage.get(&node.name);
            let is = locked.is_some_and(|locked| locked.outputs == should);
            assert!(is, "{} is not what it should be: {locked:?}, not {files:?}", node.name);
        }
    }

    /// Takes away blobs that are not what their names say, as `cache verify` does: a hit only
    /// looks at sizes.
    fn heal(&self) {
        let store = Store::at(&self.path("cache"));
        for path in files_below(&self.path("cache/objects")) {
            let digest: Digest = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
            if !store.verify(&digest).unwrap() {
                store.forget(&digest).unwrap();
            }
        }
    }

    pub fn ends_as_a_clean_build_would(&mut self) {
        self.run(Go { jobs: 2, end: End::Itself });
        self.heal();
        self.run(Go { jobs: 2, end: End::Itself });
        let was_hurt = std::mem::take(&mut self.is_hurt);
        let (nodes, toml) = self.resolved();
        let expected = forecast(&nodes, &self.sources, &self.kept);
        // Once more: nothing happens, but that failing stages are tried again.
        let again = self.run(Go { jobs: 3, end: End::Itself });
        assert_eq!(again, expected.starts.len());
        let clean = tempfile::tempdir_in(self.dir.path()).unwrap();
        // The source files stay where they are.
        let outside =
            format!("[pipeline]\nallow_outside = ['{}']\n\n", self.path("source").display());
        fs::write(clean.path().join("toy.toml"), outside + &toml).unwrap();
        run(clean.path(), Go { jobs: 1, end: End::Itself });
        let read = |dir: &Path| LockFile::read(&dir.join("toy.toml")).unwrap().unwrap();
        let (mut here, there) = (read(self.dir.path()), read(clean.path()));
        for (node, outcome) in nodes.iter().zip(&expected.outcomes) {
            // What fails now, or is skipped, shows what it last was.
            if !matches!(outcome, Outcome::Made(_)) {
                here.stage.remove(&node.name);
                continue;
            }
            let folder = |dir: &Path| contents(&dir.join("out/toy").join(&node.name));
            let (mut here, there) = (folder(self.dir.path()), folder(clean.path()));
            // What a killed run had linked of a file that was damaged since cannot be told from one
            // that somebody put there.
            here.retain(|name, text| {
                let blob = Store::at(&self.path("cache")).blob(&Digest::of_bytes(text));
                there.contains_key(name) || !was_hurt || blob.exists()
            });
            assert_eq!(here, there, "the output of {} in\n{toml}", node.name);
        }
        assert_eq!(here.text(), there.text());
        let left = files_below(&self.path("cache/tmp"));
        assert!(left.is_empty(), "{left:?} was left behind");
    }

    /// Changes a source file without telling the model.
    pub fn change_behind_the_models_back(&self) {
        fs::write(self.source(0), "something else").unwrap();
    }
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten();
    entries.filter(|e| e.file_type().is_file()).map(|e| e.into_path()).collect()
}

fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap().to_path_buf();
    files_below(root).iter().map(|path| (relative(path), fs::read(path).unwrap())).collect()
}
