//! What dye takes away from light: optical density, and how much haematoxylin and eosin a pixel
//! holds. Knows nothing of files or data sets.

mod deconvolution;
mod density;

pub use deconvolution::Stains;
pub use density::{Densities, byte_of_density, optical_density};
