//! Content digests: the only file that knows blake3.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, fs::File, io, path::Path, str::FromStr};

/// A blake3 digest of 32 bytes, written as 64 hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// What a derived digest speaks of; each has a blake3 context of its own, so that a recipe can
/// never have the digest of a blob or of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    Recipe,
    Tree,
    Sources,
}

impl Domain {
    fn context(self) -> &'static str {
        match self {
            Domain::Recipe => "microtome 2026 recipe v1",
            Domain::Tree => "microtome 2026 tree v1",
            Domain::Sources => "microtome 2026 sources v1",
        }
    }
}

impl Digest {
    /// The plain digest of some bytes: what `b3sum` prints for a file with these contents.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of a text within a domain.
    pub fn of_text(domain: Domain, text: &str) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key(domain.context());
        hasher.update(text.as_bytes());
        Digest(*hasher.finalize().as_bytes())
    }

    /// The plain digest of a file and its size in bytes, read in one pass.
    pub fn of_file(path: &Path) -> io::Result<(Digest, u64)> {
        // Large files are mapped and hashed on all cores; small ones are cheaper to read.
        const LARGE: u64 = 4 << 20;
        let mut hasher = blake3::Hasher::new();
        let file = File::open(path)?;
        if file.metadata()?.len() >= LARGE {
            hasher.update_mmap_rayon(path)?;
        } else {
            hasher.update_reader(file)?;
        }
        Ok((Digest(*hasher.finalize().as_bytes()), hasher.count()))
    }

    /// All 64 hexadecimal characters.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// The first ten characters, for people.
    pub fn short(&self) -> String {
        self.hex()[..10].to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

/// The text is not 64 hexadecimal characters.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a digest of 64 hexadecimal characters")]
pub struct NotADigest(String);

impl FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Digest, NotADigest> {
        blake3::Hash::from_hex(text)
            .map(|h| Digest(*h.as_bytes()))
            .map_err(|_| NotADigest(text.to_string()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Digest, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}
