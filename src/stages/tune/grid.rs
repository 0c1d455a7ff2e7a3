//! What a search varies: for each parameter the values to try, as users write them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The values of each varied parameter, by its path: `optimizer.adam.lr`.
pub type Product = BTreeMap<String, Domain>;

/// One product of values, or a list of them: their union.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub products: Vec<Product>,
    /// Whether it was written as a list, for the places of problems.
    pub form: Form,
}

/// How a grid was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `grid = { … }`
    Table,
    /// `grid = [{ … }, { … }]`
    List,
}

impl Grid {
    /// All varied parameters, each once, in the order in which points name them.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> =
            self.products.iter().flat_map(|product| product.keys().map(String::as_str)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The place of a product in the stage's table: `grid`, or `grid[1]`.
    pub fn place(&self, product: usize) -> String {
        match self.form {
            Form::Table => "grid".into(),
            Form::List => format!("grid[{product}]"),
        }
    }

    /// All listed values of a parameter, in all products, each once.
    pub fn values(&self, key: &str) -> Vec<&Value> {
        let (mut values, mut seen) = (Vec::new(), BTreeSet::new());
        for domain in self.products.iter().filter_map(|product| product.get(key)) {
            if let Domain::List(listed) = domain {
                values.extend(listed.iter().filter(|value| seen.insert(identity(value))));
            }
        }
        values
    }
}

impl Serialize for Grid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match (self.form, &self.products[..]) {
            (Form::Table, [only]) => only.serialize(s),
            (_, products) => products.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Grid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Grid, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Grid;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a table of parameters and their values, or a list of such tables")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Grid, A::Error> {
                let product = Product::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Grid { products: vec![product], form: Form::Table })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Grid, A::Error> {
                let products = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Grid { products, form: Form::List })
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

impl JsonSchema for Grid {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Grid".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let product = generator.subschema_for::<Product>();
        json_schema!({ "anyOf": [product, { "type": "array", "items": product }] })
    }
}

/// Where the values of one parameter come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// These: `[16, 32]`, or `{ choice = [16, 32] }`.
    List(Vec<Value>),
    /// Anything between two numbers: `{ range = [0.0, 0.5] }`.
    Range(f64, f64),
    /// Anything between two numbers above 0, each power of ten alike: `{ log = [1e-5, 1e-2] }`.
    Log(f64, f64),
    /// Any whole number from the first to the last: `{ integer = [1, 8] }`.
    Integer(i64, i64),
}

/// The words for domains other than lists.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Written {
    /// One of these values.
    Choice(Vec<Value>),
    /// From the first number to the second.
    Range([f64; 2]),
    /// From the first number to the second, both above 0, on a logarithmic scale.
    Log([f64; 2]),
    /// A whole number from the first to the second, both included.
    Integer([i64; 2]),
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Domain::List(values) => values.serialize(s),
            Domain::Range(from, to) => Written::Range([*from, *to]).serialize(s),
            Domain::Log(from, to) => Written::Log([*from, *to]).serialize(s),
            Domain::Integer(from, to) => Written::Integer([*from, *to]).serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Domain, D::Error> {
        struct ListOrRange;
        impl<'de> Visitor<'de> for ListOrRange {
            type Value = Domain;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(
                    "a list of values, or `{ range = [0.0, 0.5] }`, `{ log = [1e-5, 1e-2] }` or \
                     `{ integer = [1, 8] }`",
                )
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Domain, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Domain::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Domain, A::Error> {
                let Some(word) = map.next_key::<String>()? else {
                    return Err(A::Error::custom("an empty table is no set of values"));
                };
                let domain = match word.as_str() {
                    "choice" => Domain::List(map.next_value()?),
                    "range" => {
                        map.next_value().map(|[from, to]: [f64; 2]| Domain::Range(from, to))?
                    }
                    "log" => map.next_value().map(|[from, to]: [f64; 2]| Domain::Log(from, to))?,
                    "integer" => {
                        map.next_value().map(|[from, to]: [i64; 2]| Domain::Integer(from, to))?
                    }
                    other => return Err(A::Error::unknown_variant(other, WORDS)),
                };
                match map.next_key::<String>()? {
                    None => Ok(domain),
                    Some(_) => Err(A::Error::custom(format!("`{word}` stands alone in its table"))),
                }
            }
        }
        const WORDS: &[&str] = &["choice", "range", "log", "integer"];
        deserializer.deserialize_any(ListOrRange)
    }
}

impl JsonSchema for Domain {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Domain".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let written = generator.subschema_for::<Written>();
        json_schema!({ "anyOf": [{ "type": "array", "description": "The values to try." }, written] })
    }
}

/// A text that equal values share and others do not: long lists are searched by it.
pub fn identity(value: &Value) -> String {
    // The two zeros are equal and written differently.
    let zero = value.is_f64() && value.as_f64() == Some(0.0);
    if zero { "0.0".into() } else { value.to_string() }
}

/// The places of values in the order of trying: numbers ascending, everything else as written. The
/// order in which a user lists numbers is no change of the search.
pub fn order(values: &[Value]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    if values.iter().all(Value::is_number) {
        let number = |i: &usize| values[*i].as_f64().unwrap_or(0.0);
        order.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    order
}
