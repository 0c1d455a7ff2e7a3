//! What the data room promises, held against hand-worked numbers, whole messages and real data.

mod augmentation;
mod bad_folders;
mod bad_kaggle;
mod baseline;
mod common;
mod decoding;
mod exploration;
mod files;
mod mixing;
mod mutation;
mod names;
mod oddities;
mod packed;
mod parameters;
mod pcam;
mod preparation;
mod problems;
mod randomness;
mod real;
mod splitting;
mod stopping;
mod synthetic;
mod tables;
