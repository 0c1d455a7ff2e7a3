//! How long steps of training and of inference take.
//!
//! `cargo bench --bench training -- NETWORK BATCH…` prints images per second, with the threads of
//! `RAYON_NUM_THREADS` and the instruction set of `MICROTOME_ISA`. `… -- --serve` does what
//! `compare.py` asks on its input, one line each: `open NETWORK BATCH`, `train SECONDS` and
//! `infer SECONDS`; it answers `ready`, or the seconds of each step until that time was over.

#[path = "networks/mod.rs"]
mod networks;

use std::io::{BufRead, Write};
use std::time::Instant;

use microtome::data::Batch;
use microtome::nn::Trainer;

/// What the binary installs too.
#[global_allocator]
static ALLOC: microtome::nn::kernels::alloc::Aligned = microtome::nn::kernels::alloc::Aligned;

/// Height and width of a patch.
const SIDE: usize = 96;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Bench {
    trainer: Trainer,
    batch: Batch,
    steps: usize,
}

impl Bench {
    fn open(network: &str, images: usize) -> Outcome<Bench> {
        let trainer = networks::trainer(network, SIDE)?;
        Ok(Bench { trainer, batch: networks::batch(images, SIDE), steps: 0 })
    }

    /// The seconds of each step, one at least, until `seconds` are over.
    fn time(&mut self, what: &str, seconds: f64) -> Outcome<Vec<f64>> {
        let start = Instant::now();
        let mut times = Vec::new();
        while times.is_empty() || start.elapsed().as_secs_f64() < seconds {
            let step = Instant::now();
            match what {
                "train" => {
                    self.trainer.step(&self.batch, 0, self.steps)?;
                    self.steps += 1;
                }
                "infer" => {
                    std::hint::black_box(self.trainer.infer(&self.batch)?);
                }
                _ => return Err(format!("`{what}` is neither `train` nor `infer`").into()),
            }
            times.push(step.elapsed().as_secs_f64());
        }
        Ok(times)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn serve() -> Outcome<()> {
    let mut bench = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match (words.as_slice(), &mut bench) {
            (["open", network, images], _) => {
                drop(bench.take());
                bench = Some(Bench::open(network, images.parse()?)?);
                "ready".to_owned()
            }
            ([what, seconds], Some(bench)) => {
                let times = bench.time(what, seconds.parse()?)?;
                times.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
            }
            _ => return Err(format!("`{line}`: open a network first").into()),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn main() -> Outcome<()> {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (network, batches) = match words.as_slice() {
        ["--serve"] => return serve(),
        [] => ("basic", &["32"][..]),
        [network, batches @ ..] => (*network, batches),
    };
    for images in batches {
        let mut bench = Bench::open(network, images.parse()?)?;
        for what in ["train", "infer"] {
            bench.time(what, 0.5)?;
            let seconds = median(bench.time(what, 3.0)?);
            let rate = bench.batch.rows.len() as f64 / seconds;
            println!("{network}, batch {images}: {what} {rate:.1} images/s");
        }
    }
    Ok(())
}
