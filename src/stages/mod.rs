//! Where the engine meets the domain: one file a kind.
