//! What several of these tests need: small data sets, small images, and the way to the real data.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};
use microtome::data::{Dataset, Ingest, Normalize, Row, Split, Writer};
use tempfile::TempDir;

/// A folder of real data beside the project.
pub fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name)
}

/// Parameters as a user writes them in TOML.
pub fn parse<T: serde::de::DeserializeOwned>(toml: &str) -> T {
    toml::from_str(toml).unwrap()
}

/// Progress that nobody looks at.
pub fn never_stop(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Ingests what the TOML says into a new folder.
pub fn ingest(toml: &str) -> (TempDir, Dataset) {
    let out = tempfile::tempdir().unwrap();
    let data = parse::<Ingest>(toml).run(out.path(), &never_stop).unwrap();
    (out, data)
}

/// All files of a folder, by name.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// A file's text.
pub fn text(folder: &Path, name: &str) -> String {
    String::from_utf8(files(folder).remove(name).unwrap()).unwrap()
}

pub fn row(id: &str, label: Option<u8>, group: &str, split: Option<Split>) -> Row {
    Row {
        id: id.into(),
        label,
        group: group.into(),
        split,
        source: format!("{id}.png"),
        origin: "folder".into(),
    }
}

/// A data set of these rows and images of `height`×`width`×3 bytes.
pub fn pack(height: usize, width: usize, images: &[(Row, Vec<u8>)]) -> (TempDir, Dataset) {
    let out = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(out.path(), "folder", height, width).unwrap();
    for (row, pixels) in images {
        writer.push(row.clone(), pixels).unwrap();
    }
    let data = writer.finish(&Normalize::None).unwrap();
    (out, data)
}

/// Grey pixels in three channels.
pub fn grey(pixels: &[u8]) -> Vec<u8> {
    pixels.iter().flat_map(|&byte| [byte; 3]).collect()
}

/// The bytes of an image file of one colour.
pub fn encoded(width: u32, height: u32, color: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbImage::from_pixel(width, height, image::Rgb(color));
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Writes a file and the folders it lies in.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Writes a PNG of 8×8 pixels of one colour.
pub fn write_png(folder: &Path, name: &str, shade: u8) {
    write(folder, name, encoded(8, 8, [shade, 100, 200], ImageFormat::Png));
}

/// An empty folder.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The message that this ingest ends with; the data's folder is called DIR.
pub fn fails(dir: &Path, source: &str, more: &str, message: expect_test::Expect) {
    let toml = format!("source.{}\n{more}", source.replace("DIR", &format!("dir = {dir:?}")));
    let out = folder();
    let error = parse::<Ingest>(&toml).run(out.path(), &never_stop).unwrap_err();
    message.assert_eq(&error.to_string().replace(dir.to_str().unwrap(), "DIR"));
}
