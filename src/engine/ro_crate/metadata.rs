//! The whole of `ro-crate-metadata.json`: the crate itself, its pipeline and its run, around the stages.

use super::{
    Contents, METADATA,
    entity::{Entity, Graph},
    parameters,
    stage::{DONE, Place, engine, file, typed_file},
    uri::{encoded, local},
};
use crate::engine::moment::rfc3339;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The word for a blake3 digest, which no vocabulary of RO-Crate has: the place of its specification.
const BLAKE3: &str = "https://github.com/BLAKE3-team/BLAKE3-specs#blake3";

/// What the crate keeps to: name, version, address.
const PROFILES: [(&str, &str, &str); 4] = [
    ("Process Run Crate", "0.5", "https://w3id.org/ro/wfrun/process/0.5"),
    ("Workflow Run Crate", "0.5", "https://w3id.org/ro/wfrun/workflow/0.5"),
    ("Provenance Run Crate", "0.5", "https://w3id.org/ro/wfrun/provenance/0.5"),
    ("Workflow RO-Crate", "1.0", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
];

/// Under which terms others may use a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum License {
    #[default]
    NotStated,
    /// An identifier of SPDX's list, such as `CC-BY-4.0`.
    Spdx(String),
    /// The address of its text.
    Address(String),
}

impl std::str::FromStr for License {
    type Err = String;

    /// # Errors
    /// A sentence when the text is neither an address nor could be an identifier.
    fn from_str(text: &str) -> Result<License, String> {
        let letter = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
        if text.starts_with("https://") || text.starts_with("http://") {
            let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
            match text.chars().all(plain) {
                true => Ok(License::Address(text.into())),
                false => Err("an address holds no spaces and no quotes".into()),
            }
        } else if !text.is_empty() && text.chars().all(letter) {
            Ok(License::Spdx(text.into()))
        } else {
            Err("give an identifier of https://spdx.org/licenses, such as CC-BY-4.0, or an address"
                .into())
        }
    }
}

/// Who made a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub name: String,
}

/// The JSON-LD document.
pub fn metadata(contents: &Contents) -> Value {
    let place = |(stage, position)| Place { contents, stage, position };
    let places: Vec<_> = contents.stages.iter().zip(1..).map(place).collect();
    let mut graph = Graph::default();
    let address = |(_, _, address): &(_, _, &'static str)| *address;
    graph.add(
        Entity::new(METADATA, &["CreativeWork"])
            .link("about", "./")
            .links("conformsTo", ["https://w3id.org/ro/crate/1.1", address(&PROFILES[3])]),
    );
    graph.add(root(contents, &places));
    for (name, version, address) in PROFILES {
        let profile = Entity::new(address, &["CreativeWork"]).with("name", name);
        graph.add(profile.with("version", version));
    }
    add_rights(contents, &mut graph);
    let inputs = parameters::add(contents, &mut graph);
    add_workflow(contents, &places, &mut graph);
    add_run(contents, &places, &mut graph);
    let mut shown = BTreeMap::new();
    places.iter().for_each(|place| place.show(&mut shown));
    places.iter().for_each(|place| place.add(&inputs, &shown, &mut graph));
    json!({
        "@context": [
            "https://w3id.org/ro/crate/1.1/context",
            "https://w3id.org/ro/terms/workflow-run/context",
            { "blake3": BLAKE3 },
        ],
        "@graph": graph.into_value(),
    })
}

/// The earliest start and the latest end, in milliseconds since 1970.
fn span(contents: &Contents) -> (u64, u64) {
    let times = || contents.stages.iter().map(|stage| stage.time());
    let (start, end) = (times().map(|time| time.0).min(), times().map(|time| time.1).max());
    (start.unwrap_or(0), end.unwrap_or(0))
}

fn root(contents: &Contents, places: &[Place]) -> Entity {
    let name = &contents.pipeline.name;
    // Source files that are not here are a part without a place, as RO-Crate 1.2 puts it.
    let sources = places.iter().flat_map(|place| {
        let sources = place.stage.sources.iter();
        sources.map(|source| place.source(source))
    });
    let parts =
        [&contents.workflow, &contents.lock, &contents.readme].map(|part| encoded(&part.path));
    let datasets = places.iter().map(|place| place.stage.dataset());
    let runs = [local(&["run"]), local(&["organize"])];
    let mentions = runs.into_iter().chain(places.iter().map(Place::run));
    let names: Vec<_> = places.iter().map(Place::name).collect();
    let root = Entity::new("./", &["Dataset"])
        .with("name", format!("A run of the pipeline {name}"))
        .with(
            "description",
            format!("The results of {}, each with how it was made", listed(&names)),
        )
        .with("datePublished", rfc3339(span(contents).1))
        .links("conformsTo", PROFILES.map(|(_, _, address)| address))
        .link("mainEntity", &encoded(&contents.workflow.path))
        .links("hasPart", parts.into_iter().chain(datasets).chain(sources))
        .links("mentions", mentions)
        .links("author", contents.authors.iter().map(Author::id));
    match &contents.license {
        License::NotStated => root.with("license", "Not stated: ask the author before you use it"),
        License::Spdx(_) | License::Address(_) => root.link("license", &contents.license.address()),
    }
}

/// `a, b and 3 more`: a description is read by people.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 12;
    match names.len().saturating_sub(MOST) {
        0 => names.join(", "),
        more => format!("{} and {more} more stages", names[..MOST].join(", ")),
    }
}

impl Author {
    fn id(&self) -> String {
        local(&["author", &self.name])
    }
}

impl License {
    fn address(&self) -> String {
        match self {
            License::NotStated => String::new(),
            License::Spdx(id) => format!("https://spdx.org/licenses/{id}"),
            License::Address(address) => address.clone(),
        }
    }
}

fn add_rights(contents: &Contents, graph: &mut Graph) {
    if let License::Spdx(name) | License::Address(name) = &contents.license {
        let license = Entity::new(contents.license.address(), &["CreativeWork"]);
        let what = "the terms under which this crate may be used";
        graph.add(license.with("name", name.as_str()).with("description", what));
    }
    for author in &contents.authors {
        graph.add(Entity::new(author.id(), &["Person"]).with("name", author.name.as_str()));
    }
}

/// The pipeline file as a workflow, with its language, its inputs and its outputs.
fn add_workflow(contents: &Contents, places: &[Place], graph: &mut Graph) {
    let name = &contents.pipeline.name;
    let types = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"];
    let tools: BTreeSet<_> = places.iter().map(Place::tool).collect();
    let inputs = places.iter().flat_map(|place| {
        let sources = place.stage.sources.iter();
        sources.map(|source| (place.workflow_input(source), source.name.as_str(), "Dataset"))
    });
    let sets = contents.sets.iter().map(|set| {
        let key = set.split_once('=').map_or(set.as_str(), |(key, _)| key);
        (local(&["pipeline-input", key]), key, "Text")
    });
    let inputs: Vec<_> = inputs.chain(sets).collect();
    graph.add(
        typed_file(&contents.workflow, &types)
            .with("description", format!("the pipeline {name}"))
            .with("version", contents.workflow.blake3.short())
            .link("programmingLanguage", "#language")
            .links("step", places.iter().map(Place::step))
            .links("hasPart", tools)
            .links("input", inputs.iter().map(|(id, ..)| id))
            .links("output", places.iter().map(Place::workflow_output)),
    );
    graph.add(
        Entity::new("#language", &["ComputerLanguage"])
            .with("name", "microtome pipeline")
            .with("description", "a TOML file of typed stages, run by microtome")
            .link("url", "https://toml.io/en/v1.0.0"),
    );
    for (id, name, what) in inputs {
        let parameter = Entity::new(id, &["FormalParameter"]).with("name", name);
        graph.add(parameter.with("additionalType", what));
    }
    for place in places {
        let parameter = Entity::new(place.workflow_output(), &["FormalParameter"]);
        let parameter = parameter.with("name", place.name());
        graph.add(parameter.with("additionalType", "Dataset"));
    }
    let what = "key of each stage and digest of each output: `microtome run --locked` checks them";
    graph.add(file(&contents.lock).with("description", what));
    graph.add(file(&contents.readme).link("about", "./"));
}

/// The run as a whole, and the program that ordered it.
fn add_run(contents: &Contents, places: &[Place], graph: &mut Graph) {
    let (start, end) = span(contents);
    let (name, run) = (&contents.pipeline.name, local(&["run"]));
    let sources = places.iter().flat_map(|place| {
        let sources = place.stage.sources.iter();
        sources.map(|source| place.source(source)).collect::<Vec<_>>()
    });
    let mut sets = Vec::new();
    for set in &contents.sets {
        let (key, value) = set.split_once('=').unwrap_or((set, ""));
        // A path says where somebody keeps files, and nothing about the result.
        let value = if value.contains('/') { "(a path or an address, left out)" } else { value };
        let entity = Entity::new(local(&["set", key]), &["PropertyValue"]).with("name", key);
        sets.push(entity.id.clone());
        let of = local(&["pipeline-input", key]);
        graph.add(entity.with("value", value).link("exampleOfWork", &of));
    }
    let what = "from the first start to the last end; stages may come from several runs";
    graph.add(
        Entity::new(&run, &["CreateAction"])
            .with("name", format!("run of the pipeline {name}"))
            .with("description", what)
            .with("startTime", rfc3339(start))
            .with("endTime", rfc3339(end))
            .with("actionStatus", DONE)
            .link("instrument", &encoded(&contents.workflow.path))
            .links("object", sources.chain(sets))
            .links("result", places.iter().map(|place| place.stage.dataset())),
    );
    let versions = places.iter().map(|place| place.stage.record.provenance.version.as_str());
    let versions: BTreeSet<_> = versions.collect();
    for version in &versions {
        graph.add(
            Entity::new(engine(version), &["SoftwareApplication"])
                .with("name", "microtome")
                .with("softwareVersion", *version)
                .with("description", "runs the stages of a pipeline, each once for each recipe"),
        );
    }
    graph.add(
        Entity::new(local(&["organize"]), &["OrganizeAction"])
            .with("name", "run of microtome")
            .with("startTime", rfc3339(start))
            .with("endTime", rfc3339(end))
            .with("actionStatus", DONE)
            .links("instrument", versions.iter().map(|version| engine(version)))
            .links("object", places.iter().map(Place::control))
            .link("result", &run),
    );
}
