//! Parameters of kinds and their values: `FormalParameter`s of tools, and the `PropertyValue`s that
//! stages gave them.

use super::{
    Contents, Exported, Source,
    entity::{Entity, Graph, compact},
    uri::local,
};
use crate::engine::{digest::Digest, pipeline::Pipeline, recipe::leaves};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A parameter's value in one stage.
pub struct Given {
    kind: &'static str,
    /// Such as `params.optimizer.adam.lr`.
    place: String,
    /// In JSON.
    text: String,
}

impl Given {
    pub fn id(&self) -> String {
        // A long text is told from others by its digest.
        let digest = Digest::of_bytes(self.text.as_bytes()).hex();
        let short = if self.text.len() > 40 { &digest } else { &self.text };
        local(&["value", self.kind, &self.place, short])
    }

    /// A scalar; a list is a text, since a list of values would be read as several.
    fn value(&self) -> Value {
        match serde_json::from_str(&self.text) {
            Ok(Value::Array(_) | Value::Object(_)) | Err(_) => self.text.as_str().into(),
            Ok(scalar) => scalar,
        }
    }

    fn parameter(&self) -> String {
        local(&["parameter", self.kind, &self.place])
    }

    fn type_name(&self) -> &'static str {
        match self.value() {
            Value::Bool(_) => "Boolean",
            Value::Number(number) if number.is_f64() => "Float",
            Value::Number(_) => "Integer",
            _ => "Text",
        }
    }
}

/// The parameters of a stage with their values, defaults too; what is not set has none.
pub fn given(pipeline: &Pipeline, stage: &Exported) -> Vec<Given> {
    let mut table = BTreeMap::new();
    leaves("params", &stage.record.recipe.params, &mut table);
    if let Some(backend) = &stage.record.recipe.backend {
        table.insert("backend".into(), Value::from(backend.as_str()).to_string());
    }
    let kind = pipeline.nodes[stage.id].kind.name;
    let given = table.into_iter().filter(|(_, text)| text != "null");
    given.map(|(place, text)| Given { kind, place, text }).collect()
}

/// The formal parameter of what a kind makes.
pub fn output(kind: &str) -> String {
    local(&["output", kind])
}

/// The formal parameter of a port of a kind.
pub fn port(kind: &str, port: &str) -> String {
    local(&["input", kind, port])
}

/// The formal parameter of source files of a kind.
pub fn source(kind: &str, source: &Source) -> String {
    local(&["source-of", kind, &source.name])
}

/// A formal parameter of folders of files.
fn folder(id: String, name: &str, description: String) -> Entity {
    Entity::new(id, &["FormalParameter"])
        .with("additionalType", "Dataset")
        .with("name", name)
        .with("description", description)
}

/// Adds every parameter of the tools that were used, and every value; gives the ids of the inputs of
/// each kind.
pub fn add(contents: &Contents, graph: &mut Graph) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut inputs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut types: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    for stage in &contents.stages {
        let node = &contents.pipeline.nodes[stage.id];
        let kind = node.kind;
        let of_kind = inputs.entry(kind.name).or_default();
        let what = format!("the {} that `{}` makes", kind.output, kind.name);
        graph.add(folder(output(kind.name), kind.output, what));
        for (at, _) in node.inputs.iter().filter(|(_, from)| !from.is_empty()) {
            let id = port(kind.name, at.name);
            graph.add(folder(id.clone(), at.name, format!("what `{}` reads", kind.name)));
            of_kind.insert(id);
        }
        for files in &stage.sources {
            let id = source(kind.name, files);
            let what = format!("source files of `{}`", kind.name);
            graph.add(folder(id.clone(), &files.name, what));
            of_kind.insert(id);
        }
        for given in given(contents.pipeline, stage) {
            let id = given.parameter();
            of_kind.insert(id.clone());
            let known = types.entry(id.clone()).or_insert((given.place.clone(), BTreeSet::new()));
            known.1.insert(given.type_name());
            let value = Entity::new(given.id(), &["PropertyValue"])
                .with("name", given.place.as_str())
                .with("value", given.value());
            graph.add(value.link("exampleOfWork", &id));
        }
    }
    for (id, (place, types)) in types {
        let types = types.into_iter().map(Value::from).collect();
        let parameter = Entity::new(id, &["FormalParameter"]).with("name", place);
        graph.add(parameter.with("additionalType", compact(types)));
    }
    inputs
}
