//! From the located tree to typed parameters: serde errors stay structured and keep their place.

use super::value::{Data, Key, Span, Table, Value};
use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, Expected,
        IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use std::fmt;

/// What is wrong, and where.
#[derive(Debug)]
pub struct DeError {
    pub span: Option<Span>,
    pub fault: Fault,
}

/// The ways in which a value can fail to be what is asked for.
#[derive(Debug)]
pub enum Fault {
    UnknownKey { name: String, known: &'static [&'static str] },
    UnknownChoice { name: String, known: &'static [&'static str] },
    MissingKey { name: &'static str },
    WrongValue { found: String, expected: String },
    Other { message: String },
}

/// Reads a typed value.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, DeError> {
    T::deserialize(value)
}

impl DeError {
    fn at(mut self, span: Span) -> DeError {
        self.span.get_or_insert(span);
        self
    }
    fn of(fault: Fault) -> DeError {
        DeError { span: None, fault }
    }
}

impl std::error::Error for DeError {}
impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::UnknownKey { name, .. } => write!(f, "unknown key `{name}`"),
            Fault::UnknownChoice { name, .. } => write!(f, "unknown choice `{name}`"),
            Fault::MissingKey { name } => write!(f, "missing key `{name}`"),
            Fault::WrongValue { found, expected } => {
                write!(f, "expected {expected}, found {found}")
            }
            Fault::Other { message } => f.write_str(message),
        }
    }
}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> DeError {
        DeError::of(Fault::Other { message: message.to_string() })
    }
    fn unknown_field(name: &str, known: &'static [&'static str]) -> DeError {
        DeError::of(Fault::UnknownKey { name: name.into(), known })
    }
    fn unknown_variant(name: &str, known: &'static [&'static str]) -> DeError {
        DeError::of(Fault::UnknownChoice { name: name.into(), known })
    }
    fn missing_field(name: &'static str) -> DeError {
        DeError::of(Fault::MissingKey { name })
    }
    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> DeError {
        let expected = match (too_large(found), &*expected.to_string()) {
            (true, "a nonzero u32") => format!("a whole number from 1 to {}", u32::MAX),
            (true, "u32") => format!("a whole number from 0 to {}", u32::MAX),
            _ => expected_words(expected),
        };
        DeError::of(Fault::WrongValue { found: found_words(found), expected })
    }
    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> DeError {
        DeError::invalid_type(found, expected)
    }
    fn invalid_length(len: usize, expected: &dyn Expected) -> DeError {
        let found = format!("{len} of them");
        DeError::of(Fault::WrongValue { found, expected: expected_words(expected) })
    }
}

/// Beyond 32 bits, so that the upper limit is what there is to say.
fn too_large(found: Unexpected) -> bool {
    match found {
        Unexpected::Signed(i) => i > u32::MAX.into(),
        Unexpected::Unsigned(u) => u > u32::MAX.into(),
        _ => false,
    }
}

fn found_words(found: Unexpected) -> String {
    match found {
        Unexpected::Str(s) => format!("the string \"{s}\""),
        Unexpected::Signed(i) => format!("the number {i}"),
        Unexpected::Unsigned(u) => format!("the number {u}"),
        Unexpected::Float(f) => format!("the number {f:?}"),
        Unexpected::Bool(b) => b.to_string(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// Rust's names of types in the words of a TOML file.
fn expected_words(expected: &dyn Expected) -> String {
    match &*expected.to_string() {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => "a whole number, 1 or more".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        other => match other.strip_prefix("struct ") {
            Some(_) => "a table".into(),
            None => other.into(),
        },
    }
}

impl<'de> Deserializer<'de> for &Value {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.data {
            Data::String(s) | Data::Date(s) => visitor.visit_str(s),
            Data::Integer(i) if *i >= 0 => visitor.visit_u64(*i as u64),
            Data::Integer(i) => visitor.visit_i64(*i),
            Data::Float(f) => visitor.visit_f64(*f),
            Data::Boolean(b) => visitor.visit_bool(*b),
            Data::Array(items) => visitor.visit_seq(Items(items.iter())),
            Data::Table(table) => visitor.visit_map(Entries::of(table)),
        }
        .map_err(|e: DeError| e.at(self.span))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.raw {
            Some(raw) => visitor.visit_str(raw).map_err(|e: DeError| e.at(self.span)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    /// A choice is a string, or a table with the choice as its only key. A string for a choice
    /// that has parameters stands for all of them at their defaults.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let access = match &self.data {
            Data::String(choice) => Choice { name: choice, span: self.span, content: None },
            Data::Table(Table(entries)) => match entries.as_slice() {
                [(Key { name, span }, content)] => {
                    Choice { name, span: *span, content: Some(content) }
                }
                [(first, _), (second, _), ..]
                    if known.contains(&&*first.name) && !known.contains(&&*second.name) =>
                {
                    let (first, span) = (&first.name, second.span);
                    let message = format!(
                        "what belongs to `{first}` goes into a table of its own: \
                         `{{ {first} = {{ …, {} = … }} }}`",
                        second.name
                    );
                    return Err(DeError { span: Some(span), fault: Fault::Other { message } });
                }
                several => {
                    return Err(DeError {
                        span: Some(several.get(1).map_or(self.span, |(key, _)| key.span)),
                        fault: Fault::WrongValue {
                            found: format!("{} keys", several.len()),
                            expected: format!("a table with one key: {}", list(known)),
                        },
                    });
                }
            },
            _ => {
                let found = self.describe().into_owned();
                let fault = Fault::WrongValue { found, expected: list(known) };
                return Err(DeError { span: Some(self.span), fault });
            }
        };
        visitor.visit_enum(access).map_err(|e| e.at(self.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// `a`, `b` or `c`, for messages.
pub fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".into(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|n| format!("`{n}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

struct Items<'a>(std::slice::Iter<'a, Value>);
impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DeError;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeError> {
        let item = self.0.next();
        item.map(|item| seed.deserialize(item).map_err(|e| e.at(item.span))).transpose()
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (Key, Value)>,
    value: Option<&'a Value>,
}

impl<'a> Entries<'a> {
    fn of(table: &'a Table) -> Entries<'a> {
        Entries { rest: table.0.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DeError;
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name: de::value::StrDeserializer<DeError> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|e| e.at(key.span))
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let value = self.value.take().ok_or_else(|| DeError::custom("a value without its key"))?;
        seed.deserialize(value).map_err(|e| e.at(value.span))
    }
}

struct Choice<'a> {
    name: &'a str,
    span: Span,
    content: Option<&'a Value>,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = DeError;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DeError> {
        let name: de::value::StrDeserializer<DeError> = self.name.into_deserializer();
        Ok((seed.deserialize(name).map_err(|e| e.at(self.span))?, self))
    }
}

impl Choice<'_> {
    fn content(&self) -> Value {
        let empty = || Value::new(self.span, Data::Table(Table::default()));
        self.content.cloned().unwrap_or_else(empty)
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        let Some(content) = self.content else { return Ok(()) };
        let found = content.describe().into_owned();
        let expected = format!("just \"{}\", which takes no parameters", self.name);
        Err(DeError { span: Some(content.span), fault: Fault::WrongValue { found, expected } })
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeError> {
        let content = self.content();
        seed.deserialize(&content).map_err(|e| e.at(content.span))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DeError> {
        self.content().deserialize_any(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.content().deserialize_any(visitor)
    }
}
