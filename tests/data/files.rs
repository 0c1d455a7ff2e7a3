//! The files a packed data set is made of.

use expect_test::expect;
use microtome::data::{Dataset, Split};
use safetensors::{Dtype, SafeTensors};

use crate::common::{files, grey, pack, row, text};

fn three() -> (tempfile::TempDir, Dataset) {
    pack(
        1,
        2,
        &[
            (row("a", Some(1), "slide, 1", Some(Split::Train)), grey(&[0, 255])),
            (row("b", None, "s2", None), grey(&[10, 20])),
            (row("c", Some(0), "s2", Some(Split::Valid)), grey(&[30, 40])),
        ],
    )
}

#[test]
fn the_tensors_are_what_any_reader_of_safetensors_sees() {
    let (out, _data) = three();
    let bytes = &files(out.path())["images.safetensors"];
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let images = tensors.tensor("images").unwrap();
    assert_eq!((images.dtype(), images.shape()), (Dtype::U8, &[3, 1, 2, 3][..]));
    assert_eq!(images.data(), grey(&[0, 255, 10, 20, 30, 40]));
    let labels = tensors.tensor("labels").unwrap();
    assert_eq!((labels.shape(), labels.data()), (&[3][..], &[1, 255, 0][..]));
}

#[test]
fn the_index_is_a_table_for_anyone() {
    let (out, _data) = three();
    expect![[r#"
        id,label,group,split,source,origin
        a,1,"slide, 1",train,a.png,folder
        b,,s2,,b.png,folder
        c,0,s2,valid,c.png,folder
    "#]]
    .assert_eq(&text(out.path(), "index.csv"));
    expect![[r#"
        path,problem
    "#]]
    .assert_eq(&text(out.path(), "rejected.csv"));
}

#[test]
fn the_numbers_are_of_the_train_split() {
    let (out, data) = three();
    expect![[r#"
        {
          "origin": "folder",
          "images": 3,
          "height": 1,
          "width": 2,
          "rejected": 0,
          "groups": 2,
          "labels": {
            "0": 1,
            "1": 1,
            "none": 1
          },
          "splits": {
            "none": {
              "images": 1,
              "groups": 1,
              "labels": {
                "0": 0,
                "1": 0,
                "none": 1
              }
            },
            "train": {
              "images": 1,
              "groups": 1,
              "labels": {
                "0": 0,
                "1": 1,
                "none": 0
              }
            },
            "valid": {
              "images": 1,
              "groups": 1,
              "labels": {
                "0": 1,
                "1": 0,
                "none": 0
              }
            }
          },
          "mean": [
            0.5,
            0.5,
            0.5
          ],
          "sd": [
            0.5,
            0.5,
            0.5
          ],
          "normalization": null
        }
    "#]]
    .assert_eq(&text(out.path(), "dataset.json"));
    // 0 and 255 have mean 1/2 and standard deviation 1/2.
    assert_eq!((data.info().mean, data.info().sd), ([0.5; 3], [0.5; 3]));
}

#[test]
fn what_was_written_is_read_from_wherever_its_files_lie() {
    let (out, data) = three();
    let moved = tempfile::tempdir().unwrap();
    for (at, name) in
        ["images.safetensors", "index.csv", "dataset.json", "rejected.csv"].iter().enumerate()
    {
        std::fs::copy(out.path().join(name), moved.path().join(at.to_string())).unwrap();
    }
    let place = |name: &str| {
        let at = match name {
            "images.safetensors" => "0",
            "index.csv" => "1",
            "dataset.json" => "2",
            _ => "3",
        };
        moved.path().join(at)
    };
    let again = Dataset::open(&place).unwrap();
    assert_eq!((again.rows(), again.info()), (data.rows(), data.info()));
    assert_eq!(again.image(1), grey(&[10, 20]));
    assert_eq!(again.indices(Split::Train), [0]);
    assert!(again.indices(Split::Test).is_empty());
    assert_eq!((again.label(1), again.normalization()), (None, None));
}

#[test]
#[cfg(target_os = "linux")]
fn the_images_are_mapped_and_not_read() {
    let (out, data) = three();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let path = out.path().join("images.safetensors");
    assert!(maps.contains(path.canonicalize().unwrap().to_str().unwrap()));
    drop(data);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains(path.to_str().unwrap()));
}

#[test]
fn damage_is_said() {
    let damaged = |name: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let (out, _data) = three();
        let path = out.path().join(name);
        std::fs::write(&path, change(std::fs::read(&path).unwrap())).unwrap();
        let error = Dataset::open(&|name| out.path().join(name)).unwrap_err();
        error.to_string().replace(out.path().to_str().unwrap(), "DIR")
    };
    let cut = |mut bytes: Vec<u8>| {
        bytes.pop();
        bytes
    };
    expect!["DIR/images.safetensors: incomplete metadata, file not fully covered; the data set is damaged, make it again"].assert_eq(&damaged("images.safetensors", &cut));
    expect!["DIR/index.csv: CSV error: record 3 (line: 4, byte: 89): found record with 4 fields, but the previous record has 6 fields; the data set is damaged, make it again"].assert_eq(&damaged("index.csv", &|bytes| bytes[..bytes.len() - 16].to_vec()));
    expect!["DIR/dataset.json: missing field `origin` at line 1 column 2; the data set is damaged, make it again"].assert_eq(&damaged("dataset.json", &|_| b"{}".to_vec()));
}
