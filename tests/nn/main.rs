//! The tensor room: what users may write, what the kernels promise, and what training gives.

mod convolution;
mod families;
mod files;
mod fixture;
mod kernels;
mod maps;
mod onnx;
mod predicting;
mod reproducible;
mod shapes;
mod spec;
mod training;
mod transfer;
mod weights;
mod winograd;

/// Tests run with the allocator that the binary has.
#[global_allocator]
static ALLOC: microtome::nn::kernels::alloc::Aligned = microtome::nn::kernels::alloc::Aligned;
