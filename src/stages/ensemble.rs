//! `ensemble`: several models become one, whose probability is the mean of theirs. It learns
//! nothing, and has no history of its own.

use super::{
    HEIGHT, WIDTH,
    artifacts::{Model, Search, read_json, unwritten, write_json},
    known_size,
};
use crate::{
    engine::{
        Artifact, Complaint, Context, Facts, Files, Given, Inputs, Known, Port, Stage, StageError,
        stage::{Arity, Naming},
    },
    nn::{Network, Predictor},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Averages the probabilities of several models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ensemble {}

/// What `ensemble.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// The names of the stages whose models are averaged; the files of each lie in
    /// `members/<name>/`.
    pub members: Vec<String>,
}

/// The file that tells an ensemble from a single model.
pub const ENSEMBLE: &str = "ensemble.json";
/// What a network is opened from.
const NETWORK: [&str; 2] = ["model.safetensors", "model.json"];

/// The models to average, in the order in which the user named them.
pub struct Models(Vec<Files>);

impl Inputs for Models {
    const PORTS: &'static [Port] = &[Port {
        name: "models",
        accepts: &[Model::TYPE, Search::TYPE],
        arity: Arity::Many,
        naming: Naming::Named,
    }];
    fn gather(given: &Given) -> Result<Models, StageError> {
        Ok(Models(given.files("models").to_vec()))
    }
}

/// Opens a model, a search's best model, or an ensemble.
impl Artifact for Predictor {
    const TYPE: &'static str = "ensemble";
    fn open(files: &Files) -> Result<Predictor, StageError> {
        if files.find(ENSEMBLE).is_some() {
            return open_members(&|name| files.path(name));
        }
        let network = open_network(&|name| files.path(name), "")?;
        Ok(Predictor::of(&files.stage, network))
    }
    fn headline(&self) -> Option<String> {
        let names: Vec<_> = self.members().iter().map(|(name, _)| name.as_str()).collect();
        Some(format!("the mean of {}", names.join(", ")))
    }
}

/// Opens the model, search or ensemble in a folder, such as `out/<pipeline>/<stage>` or a copy of it.
///
/// # Errors
/// What is missing or damaged there, and what to give instead.
pub fn open_predictor(folder: &Path) -> Result<Predictor, StageError> {
    if folder.join(ENSEMBLE).is_file() {
        return open_members(&|name| Ok(folder.join(name)));
    }
    let name = folder.file_name().map_or("model".into(), |name| name.to_string_lossy());
    Ok(Predictor::of(name, super::open_model(folder)?))
}

type Find<'a> = &'a dyn Fn(&str) -> Result<PathBuf, StageError>;

fn open_members(find: Find) -> Result<Predictor, StageError> {
    let Members { members } = read_json(&find(ENSEMBLE)?)?;
    let member = |name: String| {
        let network = open_network(find, &folder(&name))?;
        Ok((name, network))
    };
    Ok(Predictor::mean_of(members.into_iter().map(member).collect::<Result<_, StageError>>()?)?)
}

fn open_network(find: Find, folder: &str) -> Result<Network, StageError> {
    let [weights, description] = NETWORK.map(|file| format!("{folder}{file}"));
    Ok(Network::open(&find(&weights)?, &find(&description)?)?)
}

/// Where a member's files lie, with a `/` at the end.
fn folder(member: &str) -> String {
    format!("members/{member}/")
}

impl Stage for Ensemble {
    const KIND: &'static str = "ensemble";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "makes one model of several: its probability is the mean of theirs";
    const TENSORS: bool = true;
    type Inputs = Models;
    type Output = Predictor;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let models = known.get("models").map_or(&[][..], Vec::as_slice);
        let mut sizes = models.iter().filter_map(known_size);
        let Some(first) = sizes.next() else { return Ok(Facts::new()) };
        if let Some(other) = sizes.find(|size| *size != first) {
            let message = format!(
                "one model takes images of {}×{} pixels, and another of {}×{}",
                first.1, first.0, other.1, other.0
            );
            let help = "train them on data of one size".to_string();
            return Err(vec![Complaint { place: "models".into(), message, help: Some(help) }]);
        }
        Ok(Facts::from([(HEIGHT, first.0.into()), (WIDTH, first.1.into())]))
    }

    fn run(&self, Models(models): Models, cx: &Context) -> Result<Predictor, StageError> {
        let mut members = Vec::new();
        for files in &models {
            let inside = cx.out().join(folder(&files.stage));
            fs::create_dir_all(&inside).map_err(|e| unwritten(&inside, &e))?;
            for name in NETWORK {
                let copy = inside.join(name);
                fs::copy(files.path(name)?, &copy).map_err(|e| unwritten(&copy, &e))?;
            }
            members.push(files.stage.clone());
        }
        write_json(&cx.out().join(ENSEMBLE), &Members { members })?;
        open_members(&|name| Ok(cx.out().join(name)))
    }
}
