//! The names in a safetensors file's header as they are written: its reader keeps only the last of
//! two tensors of one name.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// Bytes of the header's length.
const LENGTH: usize = 8;

/// The keys of a header, in order.
pub(crate) struct Names(Vec<String>);

impl Names {
    /// A name that is there more than once.
    pub fn twice(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        self.0.iter().find(|name| !seen.insert(*name)).map(String::as_str)
    }
}

/// The names of a file whose header was found whole.
pub(crate) fn names(file: &[u8]) -> Result<Names, serde_json::Error> {
    let (length, rest) = file.split_first_chunk::<LENGTH>().unwrap_or((&[0; LENGTH], &[]));
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    serde_json::from_slice(&rest[..length.min(rest.len())])
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}
