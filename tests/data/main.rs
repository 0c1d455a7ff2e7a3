//! What the data room promises, held against hand-worked numbers, whole messages and real data.

mod augmentation;
mod bad_folders;
mod bad_kaggle;
mod baseline;
mod common;
mod copies;
mod decoding;
mod exploration;
mod files;
mod looking;
mod mixing;
mod names;
mod packed;
mod parameters;
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
