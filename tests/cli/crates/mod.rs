//! `export-run`: a crate says of every file what it is, and nothing of who ran it where.

mod told;
mod written;

use crate::world::{Done, World, done};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The pipeline file's name, as a user may like it.
const FILE: &str = "Tissue 100% é.toml";

/// A source file's name with markup in it, and with what URIs are made of.
const IMAGE: &str = "<b>#1?&\"é\" 50%20.png";

const PIPELINE: &str = r#"
[pipeline]
name = "tissue"
seed = 3

[stage.patches]
kind = "ingest"
source = { folder = { dir = "images", group = { component = 0 }, label = { component = 1 } } }

[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.5, valid = 0.25, test = 0.25, by = "image" }
leakage = "allow"

[stage.cnn]
kind = "train"
data = "prep"
model = { layers = [ { conv = 4 }, "relu", "global_avg_pool", { dense = 1 } ] }
batch_size = 4
epochs = 1

[stage.search]
kind = "tune"
train = "cnn"
grid = { "optimizer.adam.lr" = [0.01, 1e30] }
"#;

/// A world in which all stages ran but one point, which failed. Tests write crates into it, and
/// nothing else.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::new();
        world.write(FILE, PIPELINE);
        for i in 0..32_u8 {
            let path = format!("images/{}/{}/{i}/{IMAGE}", ["a", "b"][usize::from(i / 16)], i % 2);
            let path = world.path(&path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let pixel =
                |x: u32, y: u32| image::Rgb([i * 7, x as u8 * 9, y as u8 * 7 + i + i % 2 * 90]);
            image::RgbImage::from_fn(16, 16, pixel).save(path).unwrap();
        }
        let ran = done(world.command("run").arg(FILE).output().unwrap());
        assert!(ran.err.contains("partial: 1 of 2 points failed"), "{}", ran.err);
        world
    })
}

fn export(world: &World, args: &str) -> Done {
    done(world.command("export-run").arg(FILE).args(args.split_whitespace()).output().unwrap())
}

/// A crate as its reader sees it.
struct Crate {
    root: PathBuf,
    entities: Vec<Value>,
}

impl Crate {
    fn read(root: PathBuf) -> Crate {
        let text = fs::read_to_string(root.join("ro-crate-metadata.json")).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        Crate { root, entities: document["@graph"].as_array().unwrap().clone() }
    }

    fn written(name: &str, args: &str) -> Crate {
        let done = export(world(), &format!("--ro-crate {name} {args}"));
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
        Crate::read(world().path(name))
    }

    fn entity(&self, id: &str) -> &Value {
        let found = self.entities.iter().find(|entity| entity["@id"] == id);
        found.unwrap_or_else(|| panic!("nothing is called {id}"))
    }

    fn of_type<'a>(&'a self, of: &'a str) -> impl Iterator<Item = &'a Value> {
        self.entities.iter().filter(move |entity| types(entity).contains(&of))
    }

    /// Every file on disk, relative to the crate, beside the metadata.
    fn files(&self) -> BTreeSet<String> {
        let entries = walkdir::WalkDir::new(&self.root).into_iter().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().is_file());
        let names = files
            .map(|file| file.path().strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned());
        names.filter(|name| name != "ro-crate-metadata.json").collect()
    }
}

fn types(entity: &Value) -> Vec<&str> {
    match &entity["@type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// The ids that an entity's property refers to.
fn links<'a>(entity: &'a Value, property: &str) -> Vec<&'a str> {
    match &entity[property] {
        Value::Array(links) => links.iter().filter_map(|link| link["@id"].as_str()).collect(),
        one => one["@id"].as_str().into_iter().collect(),
    }
}

/// A percent-encoded URI as the name that it stands for.
fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// What coreutils says of a file.
fn sha256sum(path: &Path) -> String {
    let output = Command::new("sha256sum").arg("--zero").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}
