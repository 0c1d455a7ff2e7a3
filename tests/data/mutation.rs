//! Whatever is done to the bytes of a file: it is read or refused, in bounded time, without a panic.
//!
//! A few cases of each kind run every time; a million of each by
//! `MICROTOME_CASES=1000000 cargo test --release --test data mutation -- --nocapture`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use image::ImageFormat;
use microtome::data::random::Random;
use microtome::data::{Ingest, decode};
use rayon::prelude::*;

use crate::common::{encoded, folder, never_stop, parse, write};

fn cases() -> u64 {
    std::env::var("MICROTOME_CASES").map_or(600, |cases| cases.parse().unwrap())
}

/// Numbers that headers are not ready for.
const EXTREMES: [u32; 8] =
    [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, 0x100, 0xff00_0000];

/// The bytes with one to four things done to them.
fn mutated(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let length = bytes.len() as u64;
        let at = random.below(length) as usize;
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => _ = bytes.remove(at),
            2 => bytes.insert(at, random.below(256) as u8),
            3 => {
                let part = bytes[at..(at + random.below(40) as usize).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            4 | 5 => {
                let extreme = EXTREMES[random.below(8) as usize].to_le_bytes();
                bytes[at..].iter_mut().zip(extreme).for_each(|(byte, new)| *byte = new);
            }
            6 => bytes[at] ^= 1 << random.below(8),
            _ => bytes[at] = random.below(256) as u8,
        }
        if bytes.is_empty() {
            return bytes;
        }
    }
    bytes
}

/// Tries every case, which says whether the bytes were accepted, in a folder of its thread.
fn hold(kind: &str, originals: &[Vec<u8>], accepts: impl Fn(&Path, Vec<u8>) -> bool + Sync) {
    let (slowest, accepted) = (AtomicU64::new(0), AtomicU64::new(0));
    (0..cases()).into_par_iter().for_each_init(folder, |dir, case| {
        let mut random = Random::new(7, "mutation", 0, case);
        let original = &originals[random.below(originals.len() as u64) as usize];
        let bytes = mutated(original.clone(), &mut random);
        let begin = Instant::now();
        let end = catch_unwind(AssertUnwindSafe(|| accepts(dir.path(), bytes)));
        let Ok(accept) = end else { panic!("case {case} of {kind} panics") };
        slowest.fetch_max(begin.elapsed().as_millis() as u64, Relaxed);
        accepted.fetch_add(u64::from(accept), Relaxed);
    });
    let (slowest, accepted) = (slowest.into_inner(), accepted.into_inner());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{kind}: {accepted} of {} accepted, the slowest took {slowest} ms, {peak}", cases());
    assert!(accepted > 0 && accepted < cases(), "{kind}: nothing was tried");
    assert!(slowest < 10_000, "{kind}: a case took {slowest} ms");
}

fn odd(name: &str) -> Vec<u8> {
    std::fs::read(project("tests/data/odd").join(name)).unwrap()
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the source, whose folder is `dir`, is ingested; `files` are written first.
fn ingests(dir: &Path, source: &str, files: &[(&str, &[u8])]) -> bool {
    files.iter().for_each(|(name, bytes)| write(dir, &format!("in/{name}"), bytes));
    let toml = format!("source.{}", source.replace("DIR", &format!("{:?}", dir.join("in"))));
    parse::<Ingest>(&toml).run(&dir.join("out"), &never_stop).is_ok()
}

#[test]
fn images() {
    let mut originals: Vec<Vec<u8>> =
        [ImageFormat::Tiff, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP]
            .map(|format| encoded(9, 7, [200, 30, 120], format))
            .to_vec();
    originals.extend(
        [
            "444.jpg",
            "422.jpg",
            "420.jpg",
            "inside.tif",
            "bits.tif",
            "palette.png",
            "palette.bmp",
            "lossy.webp",
        ]
        .map(odd),
    );
    hold("images", &originals, |_, bytes| decode(&bytes).is_ok());
}

#[test]
fn tables() {
    let originals = [
        b"path,label,group,split\na.png,1,p,train\n".to_vec(),
        b"\xef\xbb\xbf\"path\";label;\"gr\"\"p\";group;split\r\n\"a\";1;;\"p, 1\";val\r\n".to_vec(),
    ];
    let image = encoded(1, 1, [1, 2, 3], ImageFormat::Bmp);
    let source = "folder = { dir = DIR, extensions = ['bmp'], table = { file = 't.csv', label = \
                  'label', group = 'group', split = 'split' } }";
    hold("tables", &originals, |dir, bytes| {
        ingests(dir, source, &[("a.bmp", &image), ("t.csv", &bytes)])
            || ingests(
                dir,
                source,
                &[("t.csv", &String::from_utf8_lossy(&bytes).replace("png", "bmp").into_bytes())],
            )
    });
}

#[test]
fn hdf5() {
    const NAME: &str = "camelyonpatch_level_2_split_test";
    let small = project("tests/data/pcam/small");
    let read = |file: &str| std::fs::read(small.join(file)).unwrap();
    let labels = read(&format!("tiled/{NAME}_y.h5"));
    let images = read(&format!("chunked/{NAME}_x.h5"));
    let originals = [
        images.clone(),
        read(&format!("tiled/{NAME}_x.h5")),
        labels.clone(),
        read(&format!("packed/{NAME}_x.h5.gz")),
    ];
    let (x, y, gz) = (format!("{NAME}_x.h5"), format!("{NAME}_y.h5"), format!("{NAME}_x.h5.gz"));
    hold("HDF5", &originals, |dir, bytes| {
        _ = std::fs::remove_dir_all(dir.join("in"));
        // The kind is told by the length: only images are packed, and labels are short.
        let packed = bytes.starts_with(&[0x1f, 0x8b]);
        let files: [(&str, &[u8]); 2] = match bytes.len() {
            0..2500 if !packed => [(&x, &images), (&y, &bytes)],
            _ => [(if packed { &gz } else { &x }, &bytes), (&y, &labels)],
        };
        ingests(dir, "pcam = { dir = DIR, check_sums = false }", &files)
    });
}

#[test]
fn zips() {
    let whole = std::fs::read(project("tests/data/pcam/small/kaggle.zip")).unwrap();
    hold("zips", &[whole], |dir, bytes| {
        write(dir, "in.zip", bytes);
        let toml = format!("limit = 2\nsource.kaggle.dir = {:?}", dir.join("in.zip"));
        parse::<Ingest>(&toml).run(&dir.join("out"), &never_stop).is_ok()
    });
}

#[cfg(feature = "parquet")]
#[test]
fn parquet() {
    let small = project("tests/data/parquet/small");
    let originals =
        ["hub/data/train-00000-of-00002.parquet", "plain/all.parquet", "text/train.parquet"]
            .map(|file| std::fs::read(small.join(file)).unwrap());
    let sources = [
        "parquet.files = DIR",
        "parquet = { files = DIR, image = 'picture', label = 'tumour', split = 'part' }",
        "parquet = { files = DIR, label = 'class', positive = ['tumour'], negative = ['normal'] }",
    ];
    hold("parquet", &originals, |dir, bytes| {
        _ = std::fs::remove_dir_all(dir.join("in"));
        sources.iter().any(|source| ingests(dir, source, &[("train.parquet", &bytes)]))
    });
}
