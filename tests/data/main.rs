//! What the data room promises, held against hand-worked numbers, whole messages and real data.

mod augmentation;
mod augmentations;
mod bad_folders;
mod bad_kaggle;
mod baseline;
mod common;
mod copies;
mod decoding;
mod earlier;
mod exploration;
mod files;
mod looking;
mod mixing;
mod mutation;
mod names;
mod oddities;
mod packed;
mod parameters;
#[cfg(feature = "parquet")]
mod parquet;
mod pcam;
mod preparation;
mod problems;
mod randomness;
mod real;
mod splitting;
mod stain;
mod staining;
mod stopping;
mod synthetic;
mod tables;
#[cfg(not(feature = "parquet"))]
mod without_parquet;
