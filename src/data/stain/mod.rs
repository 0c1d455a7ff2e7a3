//! What dye takes away from light: optical density, how much haematoxylin and eosin a pixel holds,
//! and how images are given the same staining. Knows nothing of files or data sets.

mod bytes;
mod deconvolution;
mod density;
mod eigen;
mod lab;
mod macenko;
mod reinhard;
mod transfer;

pub use deconvolution::Stains;
pub use density::{Densities, byte_of_density, optical_density};
pub use macenko::{Dyes, Macenko};
pub use reinhard::{LabColours, Reinhard};
pub use transfer::{Colours, StainTransfer};
