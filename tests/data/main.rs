//! What the data room promises, held against hand-worked numbers, whole messages and real data.

mod common;
mod real;
