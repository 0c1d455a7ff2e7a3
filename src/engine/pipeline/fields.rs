//! The keys of a struct, asked of serde instead of its schema, which takes a thousand times longer.

use super::de::{DeError, Fault};
use serde::{
    Deserializer,
    de::{DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

/// The keys that a struct is read from; none for what is no struct.
pub fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It always fails: there is nothing to read, and the keys are all that was wanted.
    let _ = T::deserialize(Asking { fields: &mut fields });
    fields
}

/// Hears what a struct asks for, and gives nothing.
struct Asking<'a> {
    fields: &'a mut &'static [&'static str],
}

fn nothing() -> DeError {
    DeError { span: None, fault: Fault::Other { message: "nothing to read".into() } }
}

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = DeError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, DeError> {
        *self.fields = fields;
        Err(nothing())
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DeError> {
        Err(nothing())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
