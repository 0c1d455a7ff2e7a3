//! What a crate says of one stage: its step, its tool, the action that made its result, and its files.

use super::{
    Contents, Exported, Part, Source,
    entity::{Entity, Graph},
    media::media_type,
    parameters::{given, output, port, source},
    uri::{encoded, local},
};
use crate::engine::moment::rfc3339;
use std::collections::{BTreeMap, BTreeSet};

/// The word of schema.org for what went well.
pub const DONE: &str = "http://schema.org/CompletedActionStatus";

impl Exported {
    /// The id of the folder of its files.
    pub fn dataset(&self) -> String {
        format!("{}/", encoded(&self.folder))
    }

    /// Milliseconds since 1970 at which it started and ended.
    pub fn time(&self) -> (u64, u64) {
        let provenance = &self.record.provenance;
        let started = provenance.started.saturating_mul(1000);
        // A float that is no length of time becomes 0 or the greatest number, and no panic.
        (started, started.saturating_add((provenance.seconds * 1000.0).round() as u64))
    }
}

/// A stage within its crate.
pub struct Place<'a> {
    pub contents: &'a Contents<'a>,
    pub stage: &'a Exported,
    /// In the order of execution, from 1.
    pub position: usize,
}

impl Place<'_> {
    pub fn name(&self) -> &str {
        &self.contents.pipeline.nodes[self.stage.id].name
    }

    pub fn step(&self) -> String {
        local(&["step", self.name()])
    }

    pub fn run(&self) -> String {
        local(&["run", self.name()])
    }

    pub fn control(&self) -> String {
        local(&["control", self.name()])
    }

    pub fn tool(&self) -> String {
        let kind = self.contents.pipeline.nodes[self.stage.id].kind.name;
        local(&["tool", kind, &self.stage.record.provenance.version])
    }

    pub fn engine(&self) -> String {
        engine(&self.stage.record.provenance.version)
    }

    pub fn source(&self, source: &Source) -> String {
        match &source.copies {
            Some((folder, _)) => format!("{}/", encoded(folder)),
            None => local(&["source", self.name(), &source.name]),
        }
    }

    /// Adds the stage: `inputs` are the formal parameters of each kind, `shown` what each folder is
    /// an example of.
    pub fn add(
        &self,
        inputs: &BTreeMap<&'static str, BTreeSet<String>>,
        shown: &BTreeMap<String, BTreeSet<String>>,
        graph: &mut Graph,
    ) {
        let kind = self.contents.pipeline.nodes[self.stage.id].kind;
        let version = &self.stage.record.provenance.version;
        graph.add(
            Entity::new(self.step(), &["HowToStep"])
                .with("name", self.name())
                .with("position", self.position.to_string())
                .link("workExample", &self.tool()),
        );
        graph.add(
            Entity::new(self.tool(), &["SoftwareApplication"])
                .with("name", kind.name)
                .with("description", kind.about)
                .with("softwareVersion", format!("{version}, results of version {}", kind.version))
                .link("softwareRequirements", &self.engine())
                .links("input", inputs.get(kind.name).into_iter().flatten())
                .link("output", &output(kind.name)),
        );
        graph.add(self.action());
        graph.add(
            Entity::new(self.control(), &["ControlAction"])
                .with("name", format!("orchestrate {}", self.name()))
                .with("actionStatus", DONE)
                .link("instrument", &self.step())
                .link("object", &self.run()),
        );
        self.add_sources(graph);
        self.add_files(shown, graph);
    }

    /// The making of the result.
    fn action(&self) -> Entity {
        let (pipeline, record) = (self.contents.pipeline, &self.stage.record);
        let reads = pipeline.graph.reads(self.stage.id);
        let read = self.contents.stages.iter().filter(|other| reads.contains(&other.id));
        let objects = read
            .map(Exported::dataset)
            .chain(self.stage.sources.iter().map(|source| self.source(source)))
            .chain(given(pipeline, self.stage).into_iter().map(|given| given.id()));
        let (start, end) = self.stage.time();
        Entity::new(self.run(), &["CreateAction"])
            .with("name", format!("run of {}", self.name()))
            .with("description", self.told())
            .with("identifier", record.key().hex())
            .with("startTime", rfc3339(start))
            .with("endTime", rfc3339(end))
            .with("actionStatus", DONE)
            .link("instrument", &self.tool())
            .links("object", objects)
            .link("result", &self.stage.dataset())
    }

    /// The result in a line, and where it comes from if that was another stage.
    fn told(&self) -> String {
        let record = &self.stage.record;
        let made = (&record.provenance.pipeline, &record.provenance.stage);
        let mut text = record.headline.clone().unwrap_or_else(|| "done".into());
        for short in &record.shortfalls {
            text += &format!("; falls short: {short}");
        }
        if made != (&self.contents.pipeline.name, &self.name().to_string()) {
            text += &format!("; made as `{}` of the pipeline `{}`", made.1, made.0);
        }
        let missing: usize = record.recipe.missing.values().map(Vec::len).sum();
        if missing > 0 {
            text += &format!("; {missing} of the points that it should read gave no result");
        }
        text
    }

    fn add_sources(&self, graph: &mut Graph) {
        let kind = self.contents.pipeline.nodes[self.stage.id].kind.name;
        for files in &self.stage.sources {
            let (id, there) = match &files.copies {
                Some(_) => (self.source(files), "which are here"),
                None => (self.source(files), "which are not here"),
            };
            let count = match files.count {
                1 => "one file".into(),
                n => format!("{n} files"),
            };
            let name = format!("{} of {}", files.name, self.name());
            let copies = files.copies.iter().flat_map(|(_, parts)| parts);
            graph.add(
                Entity::new(&id, &["Dataset"])
                    .with("name", name)
                    .with("description", format!("source files, {there}: {count}"))
                    .with("size", files.count)
                    .with("identifier", files.digest.hex())
                    .links("hasPart", copies.clone().map(|part| encoded(&part.path)))
                    .links("exampleOfWork", [source(kind, files), self.workflow_input(files)]),
            );
            copies.for_each(|part| graph.add(file(part)));
        }
    }

    /// The formal parameter of the pipeline for source files of this stage.
    pub fn workflow_input(&self, source: &Source) -> String {
        local(&["pipeline-input", self.name(), &source.name])
    }

    /// The formal parameter of the pipeline for this stage's result.
    pub fn workflow_output(&self) -> String {
        local(&["pipeline-output", self.name()])
    }

    fn add_files(&self, shown: &BTreeMap<String, BTreeSet<String>>, graph: &mut Graph) {
        let (id, files) = (self.stage.dataset(), &self.stage.files);
        let artifact = self.contents.pipeline.nodes[self.stage.id].kind.output;
        graph.add(
            Entity::new(&id, &["Dataset"])
                .with("name", self.name())
                .with("description", format!("the {artifact} of {}: {}", self.name(), self.told()))
                .with("identifier", self.stage.record.outputs.digest().hex())
                .links("hasPart", files.iter().map(|part| encoded(&part.path)))
                .links("exampleOfWork", shown.get(&id).into_iter().flatten()),
        );
        files.iter().for_each(|part| graph.add(file(part)));
    }

    /// What the folders that this stage makes and reads are examples of.
    pub fn show(&self, shown: &mut BTreeMap<String, BTreeSet<String>>) {
        let node = &self.contents.pipeline.nodes[self.stage.id];
        let own = shown.entry(self.stage.dataset()).or_default();
        own.extend([output(node.kind.name), self.workflow_output()]);
        for (at, from) in &node.inputs {
            for read in self.contents.stages.iter().filter(|stage| from.contains(&stage.id)) {
                let shows = shown.entry(read.dataset()).or_default();
                shows.insert(port(node.kind.name, at.name));
            }
        }
    }
}

/// The program that ran stages.
pub fn engine(version: &str) -> String {
    local(&["microtome", version])
}

/// A file of the crate.
pub fn file(part: &Part) -> Entity {
    typed_file(part, &["File"])
}

/// A file that is something besides.
pub fn typed_file(part: &Part, types: &[&str]) -> Entity {
    let name = part.path.rsplit('/').next().unwrap_or(&part.path);
    Entity::new(encoded(&part.path), types)
        .with("name", name)
        .with("encodingFormat", media_type(&part.path))
        .with("contentSize", part.size.to_string())
        .with("sha256", part.sha256.as_str())
        .with("blake3", part.blake3.hex())
}
