//! What the data room promises, held against hand-worked numbers, whole messages and real data.

mod augmentation;
mod augmentations;
mod bad_folders;
mod bad_kaggle;
mod baseline;
mod common;
mod copies;
mod decoding;
mod exploration;
mod files;
mod names;
mod parameters;
mod preparation;
mod problems;
mod randomness;
mod real;
mod splitting;
mod stain;
mod staining;
mod stopping;
mod synthetic;
