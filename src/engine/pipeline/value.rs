//! TOML as a tree in which every key and value knows where it was written.
//!
//! `toml` parses the text; this tree outlives it, so that `--set`, `${params.…}` and the points of
//! a grid can lay their own values into it and still be pointed at when they are wrong.

use std::{borrow::Cow, fmt};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A range of bytes in one of the texts that a pipeline is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The index of the text in [`Texts`](super::Texts).
    pub text: u32,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn contains(&self, other: &Span) -> bool {
        self.text == other.text && self.start <= other.start && other.end <= self.end
    }

    /// Whether it was written on the command line, and not in the file.
    pub fn is_of_user(&self) -> bool {
        self.text > 0
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Value {
    pub span: Span,
    pub data: Data,
    /// The characters of a `--set`, which are taken as they are where the type is a string.
    pub raw: Option<String>,
}

/// The closed set of TOML types.
#[derive(Clone, Debug)]
pub enum Data {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Date(String),
    Array(Vec<Value>),
    Table(Table),
}

/// A key and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub span: Span,
}

/// Keys and values in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct Table(pub Vec<(Key, Value)>);

impl Table {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(key, _)| key.name == name).map(|(_, value)| value)
    }

    pub fn remove(&mut self, name: &str) -> Option<(Key, Value)> {
        let at = self.0.iter().position(|(key, _)| key.name == name)?;
        Some(self.0.remove(at))
    }

    /// Replaces the value of a key, or adds the key at the end.
    pub fn insert(&mut self, key: Key, value: Value) {
        match self.0.iter_mut().find(|(k, _)| k.name == key.name) {
            Some(slot) => *slot = (key, value),
            None => self.0.push((key, value)),
        }
    }
}

impl Value {
    pub fn new(span: Span, data: Data) -> Value {
        Value { span, data, raw: None }
    }

    /// JSON as if it had been written at `span`; a null is an empty string.
    pub fn from_json(json: &serde_json::Value, span: Span) -> Value {
        use serde_json::Value as Json;
        let data = match json {
            Json::Null => Data::String(String::new()),
            Json::Bool(b) => Data::Boolean(*b),
            Json::Number(n) => match n.as_i64() {
                Some(i) => Data::Integer(i),
                None => Data::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(s) => Data::String(s.clone()),
            Json::Array(items) => {
                Data::Array(items.iter().map(|item| Value::from_json(item, span)).collect())
            }
            Json::Object(map) => Data::Table(Table(
                map.iter()
                    .map(|(k, v)| (Key { name: k.clone(), span }, Value::from_json(v, span)))
                    .collect(),
            )),
        };
        Value::new(span, data)
    }

    /// A parsed TOML value; `offset` is where its text starts in text number `text`.
    pub fn from_toml(value: Spanned<DeValue<'_>>, text: u32, offset: u32) -> Value {
        let span = span_of(&value, text, offset);
        let data = match value.into_inner() {
            DeValue::String(s) => Data::String(s.into_owned()),
            DeValue::Integer(i) => {
                match i64::from_str_radix(&i.as_str().replace('_', ""), i.radix()) {
                    Ok(number) => Data::Integer(number),
                    Err(_) => Data::Float(f64::INFINITY),
                }
            }
            DeValue::Float(f) => {
                Data::Float(f.as_str().replace('_', "").parse().unwrap_or(f64::NAN))
            }
            DeValue::Boolean(b) => Data::Boolean(b),
            DeValue::Datetime(d) => Data::Date(d.to_string()),
            DeValue::Array(items) => {
                Data::Array(items.into_iter().map(|i| Value::from_toml(i, text, offset)).collect())
            }
            DeValue::Table(table) => Data::Table(Table::from_toml(table, text, offset)),
        };
        Value::new(span, data)
    }

    pub fn as_table(&self) -> Option<&Table> {
        match &self.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What the value is, for messages: `the string "abc"`.
    pub fn describe(&self) -> Cow<'static, str> {
        match &self.data {
            Data::String(s) => format!("the string \"{s}\"").into(),
            Data::Integer(i) => format!("the number {i}").into(),
            Data::Float(f) => format!("the number {f:?}").into(),
            Data::Boolean(b) => b.to_string().into(),
            Data::Date(d) => format!("the date {d}").into(),
            Data::Array(_) => "a list".into(),
            Data::Table(_) => "a table".into(),
        }
    }
}

impl Table {
    pub fn from_toml(table: DeTable<'_>, text: u32, offset: u32) -> Table {
        let entry = |(key, value): (Spanned<Cow<'_, str>>, _)| {
            let span = span_of(&key, text, offset);
            (
                Key { name: key.into_inner().into_owned(), span },
                Value::from_toml(value, text, offset),
            )
        };
        Table(table.into_iter().map(entry).collect())
    }
}

fn span_of<T>(spanned: &Spanned<T>, text: u32, offset: u32) -> Span {
    let range = spanned.span();
    Span { text, start: range.start as u32 + offset, end: range.end as u32 + offset }
}

/// One step of a path such as `model.layers[3].conv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The steps of a dotted path; a number between dots counts as an index too, `model.layers.3`.
pub fn steps(path: &str) -> Vec<Step> {
    let parts = path.split(['.', '[']).map(|part| part.trim_end_matches(']'));
    let step = |part: &str| match part.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(part.to_string()),
    };
    parts.filter(|part| !part.is_empty()).map(step).collect()
}

/// Where a key and its value stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: Span,
    pub value: Span,
}

impl Table {
    /// The place that a path names, or the deepest part of it that was written: what to point at
    /// when a default is wrong. Keys with dots in them are tried whole.
    pub fn locate(&self, path: &str) -> Option<Place> {
        for (key, value) in &self.0 {
            let Some(rest) = path.strip_prefix(&*key.name) else { continue };
            let here = Place { key: key.span, value: value.span };
            if rest.is_empty() {
                return Some(here);
            }
            if rest.starts_with(['.', '[']) {
                return Some(value.locate(rest, here));
            }
        }
        None
    }
}

impl Value {
    fn locate(&self, path: &str, here: Place) -> Place {
        let path = path.trim_start_matches('.');
        match &self.data {
            Data::Table(table) => table.locate(path).unwrap_or(here),
            // A list stands for a table where its own key need not be written: `residual = [ … ]`.
            Data::Array(_) if path.starts_with(|c: char| c != '[' && !c.is_ascii_digit()) => {
                match path.find(['.', '[']) {
                    Some(end) => self.locate(&path[end..], here),
                    None => here,
                }
            }
            Data::Array(items) => {
                let index = path.trim_start_matches('[');
                let digits = index.find(|c: char| !c.is_ascii_digit()).unwrap_or(index.len());
                let item = index[..digits].parse::<usize>().ok().and_then(|i| items.get(i));
                let rest = index[digits..].trim_start_matches(']');
                match item {
                    Some(item) if rest.is_empty() => Place { value: item.span, ..here },
                    Some(item) => item.locate(rest, Place { value: item.span, ..here }),
                    None => here,
                }
            }
            _ => here,
        }
    }
}

impl Table {
    /// The value at a path, if all of it is written.
    pub fn at(&self, path: &[Step]) -> Option<&Value> {
        let (Step::Key(name), rest) = path.split_first()? else { return None };
        let value = self.get(name)?;
        match (&value.data, rest) {
            (_, []) => Some(value),
            (Data::Table(table), rest) => table.at(rest),
            _ => None,
        }
    }

    /// Lays a value at a path, making the tables on the way; a choice written as a string,
    /// `optimizer = "adam"`, is opened to the table that it stands for.
    ///
    /// # Errors
    /// A message, when the path leads through something that has no parts.
    pub fn set(&mut self, path: &[Step], span: Span, value: Value) -> Result<(), String> {
        let Some((Step::Key(name), rest)) = path.split_first() else {
            return Err("a path starts with a key".into());
        };
        if rest.is_empty() {
            self.insert(Key { name: name.clone(), span }, value);
            return Ok(());
        }
        if self.get(name).is_none() {
            let empty = Value::new(span, Data::Table(Table::default()));
            self.insert(Key { name: name.clone(), span }, empty);
        }
        match self.get_mut(name) {
            Some(inner) => inner.set(rest, span, value),
            None => Ok(()),
        }
    }
}

impl Value {
    fn set(&mut self, path: &[Step], span: Span, value: Value) -> Result<(), String> {
        if let (Data::String(choice), Some(Step::Key(next))) = (&self.data, path.first())
            && choice == next
        {
            let key = Key { name: choice.clone(), span: self.span };
            let empty = Value::new(self.span, Data::Table(Table::default()));
            self.data = Data::Table(Table(vec![(key, empty)]));
        }
        match (&mut self.data, path) {
            (Data::Table(table), _) => table.set(path, span, value),
            (Data::Array(items), [Step::Index(i), rest @ ..]) if *i < items.len() => {
                if rest.is_empty() {
                    items[*i] = value;
                    return Ok(());
                }
                items[*i].set(rest, span, value)
            }
            _ => Err(format!("cannot set `{}` within {}", Path(path), self.describe())),
        }
    }
}

struct Path<'a>(&'a [Step]);
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
