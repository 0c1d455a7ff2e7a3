//! Memory and time as batches and networks grow, and whether steps leak:
//! `cargo bench --bench memory -- batches | depth | leak` (all three unless one is named). Each
//! row is a process of its own, whose peak is what Linux calls `VmHWM`.

#[path = "networks/mod.rs"]
mod networks;

use std::process::Command;
use std::time::Instant;

/// What the binary installs too.
#[global_allocator]
static ALLOC: microtome::nn::kernels::alloc::Aligned = microtome::nn::kernels::alloc::Aligned;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A line of `/proc/self/status` in MiB.
fn mebibytes(name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    let kibibytes: f64 = line.trim_matches(|c: char| !c.is_ascii_digit()).parse()?;
    Ok(kibibytes / 1024.0)
}

/// Trains and prints one row: milliseconds an image (the fastest step) and the peak.
fn row(network: &str, images: usize, side: usize) -> Outcome<()> {
    let mut trainer = networks::trainer(network, side)?;
    let batch = networks::batch(images, side);
    let (start, mut fastest) = (Instant::now(), f64::INFINITY);
    for step in 0.. {
        let now = Instant::now();
        trainer.step(&batch, 0, step)?;
        fastest = fastest.min(now.elapsed().as_secs_f64());
        if step >= 3 && start.elapsed().as_secs_f64() > 1.0 {
            break;
        }
    }
    let (time, peak) = (1e3 * fastest / images as f64, mebibytes("VmHWM:")?);
    println!("| {network} | {side} | {images} | {time:.3} | {peak:.0} |");
    Ok(())
}

/// 2,000 steps; memory after 200 is the measure.
fn leak() -> Outcome<()> {
    let mut trainer = networks::trainer("bn", 32)?;
    let batch = networks::batch(8, 32);
    let mut resident = Vec::new();
    for step in 0..2000 {
        trainer.step(&batch, 0, step)?;
        std::hint::black_box(trainer.infer(&batch)?);
        if step == 199 || step == 1999 {
            resident.push(mebibytes("VmRSS:")?);
        }
    }
    println!("resident after 200 steps {:.1} MiB, after 2,000 {:.1} MiB", resident[0], resident[1]);
    if resident[1] > 1.02 * resident[0] + 1.0 {
        return Err("memory grows from step to step".into());
    }
    Ok(())
}

/// A row in a process of its own.
fn apart(network: &str, images: usize, side: usize) -> Outcome<()> {
    let arguments = ["row".to_owned(), network.to_owned(), images.to_string(), side.to_string()];
    let status = Command::new(std::env::current_exe()?).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("{network} of {images}: {status}").into()) }
}

fn head() {
    println!(
        "| network | side | batch | ms an image, training | peak MiB |\n|---|---|---|---|---|"
    );
}

fn main() -> Outcome<()> {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["row", network, images, side] = words.as_slice() {
        return row(network, images.parse()?, side.parse()?);
    }
    let wanted = |what| words.is_empty() || words.contains(&what);
    if wanted("batches") {
        head();
        for images in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
            apart("bn", images, 96)?;
        }
    }
    if wanted("depth") {
        head();
        for network in ["resnet20", "resnet32", "resnet44", "resnet56"] {
            apart(network, 32, 32)?;
        }
    }
    if wanted("leak") { leak() } else { Ok(()) }
}
