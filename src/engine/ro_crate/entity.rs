//! The entities of a crate's graph, flat as RO-Crate wants them: values are texts, numbers or links.

use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// One node of the graph.
pub struct Entity {
    pub id: String,
    properties: Map<String, Value>,
}

impl Entity {
    pub fn new(id: impl Into<String>, types: &[&str]) -> Entity {
        let id = id.into();
        let mut properties = Map::new();
        properties.insert("@id".into(), id.clone().into());
        properties.insert("@type".into(), compact(types.iter().map(|t| (*t).into()).collect()));
        Entity { id, properties }
    }

    pub fn with(mut self, property: &str, value: impl Into<Value>) -> Entity {
        self.properties.insert(property.into(), value.into());
        self
    }

    /// A link to another entity.
    pub fn link(self, property: &str, id: &str) -> Entity {
        self.with(property, json!({ "@id": id }))
    }

    /// Links to others; none leaves the property out.
    pub fn links<I: AsRef<str>>(self, property: &str, ids: impl IntoIterator<Item = I>) -> Entity {
        let links: Vec<_> = ids.into_iter().map(|id| json!({ "@id": id.as_ref() })).collect();
        if links.is_empty() { self } else { self.with(property, compact(links)) }
    }
}

/// A list of one is written as the one.
pub fn compact(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { values.into() }
}

/// Entities in the order in which they were told of, each once.
#[derive(Default)]
pub struct Graph {
    entities: Vec<Value>,
    known: HashSet<String>,
}

impl Graph {
    /// What is known by its id already is left as it is.
    pub fn add(&mut self, entity: Entity) {
        if self.known.insert(entity.id) {
            self.entities.push(entity.properties.into());
        }
    }

    pub fn into_value(self) -> Value {
        self.entities.into()
    }
}
