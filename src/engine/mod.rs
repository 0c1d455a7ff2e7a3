//! The generic runner: knows nothing of images or networks.
