//! The engine on toy stages: what ran, why, and what was said.

mod caching;
mod keeping;
mod language;
mod outside;
mod points;
mod reproducing;
mod running;
mod settings;
mod sharing;
mod storing;
mod toys;
mod trying;
mod world;
