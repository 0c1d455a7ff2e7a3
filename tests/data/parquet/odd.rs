//! Shards with a fault, each with its whole message.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use expect_test::{Expect, expect};
use image::ImageFormat;
use microtome::data::Dataset;
use tempfile::TempDir;

use super::small;
use crate::common::{encoded, fails, files, folder, ingest, write};

/// The values of a column in which there may be gaps.
enum Cells<'a> {
    Bytes(&'a [Option<&'a [u8]>]),
    Whole(&'a [Option<i32>]),
    Flags(&'a [Option<bool>]),
    Real(&'a [Option<f64>]),
}

use Cells::{Bytes, Flags, Real, Whole};

/// Writes a shard with a row group for each slice of columns, all of them `optional`.
fn shard(path: &Path, schema: &str, groups: &[&[Cells]]) {
    let schema = Arc::new(parse_message_type(&format!("message images {{ {schema} }}")).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    for columns in groups {
        let mut group = writer.next_row_group().unwrap();
        for cells in *columns {
            let mut column = group.next_column().unwrap().unwrap();
            macro_rules! put {
                ($kind:ty, $cells:expr) => {{
                    let values: Vec<<$kind as DataType>::T> = $cells.flatten().collect();
                    let levels: Vec<i16> = $cells.map(|cell| i16::from(cell.is_some())).collect();
                    column.typed::<$kind>().write_batch(&values, Some(&levels), None).unwrap();
                }};
            }
            match cells {
                Bytes(cells) => {
                    put!(
                        ByteArrayType,
                        cells.iter().map(|it| it.map(|it| ByteArray::from(it.to_vec())))
                    )
                }
                Whole(cells) => put!(Int32Type, cells.iter().copied()),
                Flags(cells) => put!(BoolType, cells.iter().copied()),
                Real(cells) => put!(DoubleType, cells.iter().copied()),
            }
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

const TWO: &str = "optional binary image; optional int32 label;";

fn png(shade: u8) -> Vec<u8> {
    encoded(8, 8, [shade, 100, 200], ImageFormat::Png)
}

/// What ingesting `train.parquet` in a folder ends with.
fn refused(dir: &Path, more: &str, message: Expect) {
    let source = format!("parquet = {{ files = {dir:?}{more} }} # DIR");
    fails(dir, &source, "", message);
}

/// The shard `train.parquet` alone in a folder.
fn alone(schema: &str, groups: &[&[Cells]]) -> TempDir {
    let dir = folder();
    shard(&dir.path().join("train.parquet"), schema, groups);
    dir
}

fn read(dir: &TempDir, more: &str) -> (TempDir, Dataset) {
    ingest(&format!("source.parquet.files = {:?}\n{more}", dir.path()))
}

#[test]
fn rows_without_a_class_have_no_label_and_rows_without_a_path_an_id() {
    let (one, two) = (png(1), png(2));
    let dir = alone(
        "optional binary image; optional boolean label;",
        &[
            &[Bytes(&[Some(&one), Some(&two)]), Flags(&[Some(true), None])],
            &[Bytes(&[Some(&one)]), Flags(&[Some(false)])],
        ],
    );
    let (_out, data) = read(&dir, "");
    let told: Vec<_> = data.rows().iter().map(|row| (row.id.as_str(), row.label)).collect();
    assert_eq!(
        told,
        [("train-000000", Some(1)), ("train-000001", None), ("train-000002", Some(0))]
    );
    assert_eq!(data.image(2), data.image(0));
    assert_ne!(data.image(1), data.image(0));
}

#[test]
fn paths_that_are_twice_make_no_ids() {
    let dir = folder();
    for (name, shade) in [("train.parquet", 1), ("b/test.parquet", 2)] {
        write(dir.path(), name, "");
        let schema = "required group image { optional binary bytes; optional binary path (UTF8); } \
                      optional int32 label;";
        shard(
            &dir.path().join(name),
            schema,
            &[&[Bytes(&[Some(&png(shade))]), Bytes(&[Some(b"0/1.png")]), Whole(&[Some(1)])]],
        );
    }
    let (_out, data) = read(&dir, "");
    let name = |row: &microtome::data::Row| (row.id.clone(), row.split.unwrap().name());
    let ids: Vec<_> = data.rows().iter().map(name).collect();
    assert_eq!(ids, [("b/test-000000".into(), "test"), ("train-000000".into(), "train")]);
}

#[test]
fn columns_that_are_not_there_or_hold_something_else() {
    let image = png(1);
    let dir = alone(TWO, &[&[Bytes(&[Some(&image)]), Whole(&[Some(2)])]]);
    refused(
        dir.path(),
        "",
        expect![
            "1 image (`train-000000`) of class `2`, which is neither in `positive` (1, true) nor in `negative` (0, false); add it to one of them, or let `label` point to another part of the path or another column"
        ],
    );
    refused(
        dir.path(),
        ", label = 'lable'",
        expect![
            "DIR/train.parquet: it has no column `lable`, only `image`, `label`; did you mean `label`?"
        ],
    );
    refused(
        dir.path(),
        ", image = 'label'",
        expect![
            "DIR/train.parquet: its column `label` holds INT32, and images are bytes, alone or in a struct of `bytes` and `path`"
        ],
    );
    refused(
        dir.path(),
        ", image = 'picture'",
        expect!["DIR/train.parquet: it has no column `picture`, only `image`, `label`"],
    );
    refused(
        dir.path(),
        ", group = 'patient'",
        expect!["DIR/train.parquet: it has no column `patient`, only `image`, `label`"],
    );
    refused(
        &small("hub"),
        ", image = 'imag'",
        expect![
            "DIR/data/test-00000-of-00002.parquet: it has no column `imag`, only `image.bytes`, `image.path`, `label`; did you mean `image`?"
        ],
    );
    refused(
        &small("text"),
        "",
        expect!["DIR/test.parquet: it has no column `label`, only `image`, `class`, `slide`"],
    );
    refused(
        &small("text"),
        ", label = 'class'",
        expect![
            "6 images (`test-000000`, `test-000001`, `test-000002` and 3 more) of class `normal`, `tumour`, which is neither in `positive` (1, true) nor in `negative` (0, false); add it to one of them, or let `label` point to another part of the path or another column"
        ],
    );
    refused(
        &small("plain"),
        ", image = 'picture', label = 'tumour', split = 'slide'",
        expect![
            "DIR/all.parquet: row 0: its `slide` is `slide 0`; a split is train, valid (or val, validation) or test"
        ],
    );

    let dir = alone(
        "optional binary image; optional double label;",
        &[&[Bytes(&[Some(&image)]), Real(&[Some(1.0)])]],
    );
    refused(
        dir.path(),
        "",
        expect![
            "DIR/train.parquet: its column `label` holds DOUBLE, not whole numbers, booleans or text"
        ],
    );
    let dir = alone(
        "optional binary image; optional int32 label (DATE);",
        &[&[Bytes(&[Some(&image)]), Whole(&[Some(1)])]],
    );
    refused(
        dir.path(),
        "",
        expect![
            "DIR/train.parquet: its column `label` holds DATE, not whole numbers, booleans or text"
        ],
    );
    let dir = alone(
        "optional binary image; optional int32 label; optional binary slide;",
        &[&[Bytes(&[Some(&image)]), Whole(&[Some(1)]), Bytes(&[None])]],
    );
    refused(
        dir.path(),
        ", group = 'slide'",
        expect!["DIR/train.parquet: row 0: its `slide` is empty; a group has a name"],
    );
    let dir = alone(
        "optional binary image; optional int32 label; optional binary slide;",
        &[&[Bytes(&[Some(&image)]), Whole(&[Some(1)]), Bytes(&[Some(&[0xff])])]],
    );
    refused(
        dir.path(),
        ", group = 'slide'",
        expect![
            "DIR/train.parquet: row group 0, row 0, column `slide`: invalid utf-8 sequence of 1 bytes from index 0; get the file again"
        ],
    );
}

#[test]
fn images_that_cannot_be_used_are_named_by_their_row() {
    let image = png(1);
    let dir = alone(
        TWO,
        &[
            &[Bytes(&[Some(&image), None]), Whole(&[Some(0), Some(1)])],
            &[Bytes(&[Some(b"GIF89a"), Some(&image[..40]), Some(b"")]), Whole(&[Some(1); 3])],
        ],
    );
    refused(
        dir.path(),
        "",
        expect![[r#"
        4 of 5 images cannot be used:
          train.parquet: row 1: it has no image, perhaps only the path of one
          train.parquet: row 2: the file is no TIFF, PNG, JPEG, BMP or WebP image
          train.parquet: row 3: the PNG image cannot be decoded: unexpected end of file
          and 1 more
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
    let (_out, data) = read(&dir, "on_bad_image = 'exclude'");
    assert_eq!((data.len(), data.rejected().len()), (1, 4));
    let large = vec![0; (16 << 20) + 1];
    let dir = alone(TWO, &[&[Bytes(&[Some(&image), Some(&large)]), Whole(&[Some(1); 2])]]);
    refused(
        dir.path(),
        "",
        expect![[r#"
        1 of 2 images cannot be used:
          train.parquet: row 1: its image takes more than 16 MiB
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
}

#[test]
fn shards_without_rows() {
    refused(alone(TWO, &[]).path(), "", expect!["DIR holds no image; its shards have no rows"]);
}

/// A copy of a shard with something done to its bytes.
fn broken(name: &str, change: impl Fn(&mut Vec<u8>)) -> TempDir {
    let dir = folder();
    let path = small(name);
    let (parent, file) = (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
    let mut bytes = files(parent).remove(file).unwrap();
    change(&mut bytes);
    write(dir.path(), "train.parquet", bytes);
    dir
}

#[test]
fn files_that_are_broken() {
    const SHARD: &str = "hub/data/train-00000-of-00002.parquet";
    refused(
        broken(SHARD, |bytes| bytes.clear()).path(),
        "",
        expect![
            "DIR/train.parquet: it is no parquet file that can be read: Parquet file too small. Size is 0 but need 8"
        ],
    );
    refused(
        broken(SHARD, |bytes| bytes.truncate(4000)).path(),
        "",
        expect![
            "DIR/train.parquet: it is no parquet file that can be read: Invalid Parquet file. Corrupt footer"
        ],
    );
    refused(
        broken(SHARD, |bytes| *bytes = b"image,label\n".to_vec()).path(),
        "",
        expect![
            "DIR/train.parquet: it is no parquet file that can be read: Invalid Parquet file. Corrupt footer"
        ],
    );
    refused(
        broken(SHARD, |bytes| bytes[2000..2100].fill(0)).path(),
        "",
        expect![
            "DIR/train.parquet: row group 0, row 0, column `image.bytes`: snappy: corrupt input (expected literal read of length 1; remaining src: 9; remaining dst: 0); get the file again"
        ],
    );
    refused(
        broken(SHARD, |bytes| bytes[4..60].fill(0xff)).path(),
        "",
        expect![
            "DIR/train.parquet: row group 0, row 0, column `image.bytes`: Unexpected struct field type 15; get the file again"
        ],
    );
    let length = |bytes: &mut Vec<u8>| {
        let end = bytes.len();
        bytes[end - 8..end - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    };
    refused(
        broken(SHARD, length).path(),
        "",
        expect![
            "DIR/train.parquet: it is no parquet file that can be read: Parquet file too small. Size is 7911 but need 4294967303"
        ],
    );
}
