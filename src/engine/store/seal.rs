//! JSON that says its own digest first, so that a file of which a bit has turned is never believed,
//! though it may still be JSON: a result under another name, or a demand that is missed no more.

use crate::engine::digest::Digest;
use serde::{Serialize, de::DeserializeOwned};

const OPEN: &[u8] = b"{\"sum\":\"";
const CLOSE: &[u8] = b"\",";

/// An object as JSON with the key `sum` before all others: the digest of what follows it.
///
/// # Errors
/// When the value is not an object with at least one key.
pub fn sealed<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let text = serde_json::to_vec_pretty(value)?;
    let rest = text.strip_prefix(b"{").filter(|rest| rest != b"}");
    let rest = rest.ok_or_else(|| serde::ser::Error::custom("only objects are sealed"))?;
    let sum = Digest::of_bytes(rest).hex();
    Ok([OPEN, sum.as_bytes(), CLOSE, rest].concat())
}

/// The value, if the text is as it was written.
pub fn unsealed<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    let (sum, rest) = text.strip_prefix(OPEN)?.split_at_checked(64)?;
    let rest = rest.strip_prefix(CLOSE)?;
    if Digest::of_bytes(rest).hex().as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(text).ok()
}
