//! One operation a file: a kernel forward, and what it adds to dfdx's tape for the way back.

pub(crate) mod add;
pub(crate) mod concat;
pub(crate) mod conv;
pub(crate) mod dropout;
pub(crate) mod flatten;
pub(crate) mod loss;
pub(crate) mod norm;
pub(crate) mod pool;
pub(crate) mod relu;
