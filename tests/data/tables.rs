//! CSV files of the real world, and the images of a folder that they speak of.

use expect_test::{Expect, expect};
use microtome::data::Split;
use tempfile::TempDir;

use crate::common::{fails, folder, ingest, write, write_png};

/// Three images and a table of them.
fn listed(table: impl AsRef<[u8]>) -> TempDir {
    let dir = folder();
    for (i, name) in ["x/a.png", "x/b.png", "y/c.png"].iter().enumerate() {
        write_png(dir.path(), name, i as u8);
    }
    write(dir.path(), "labels.csv", table);
    dir
}

const TABLE: &str = "folder = { DIR, positive = ['tumour', '1'], negative = ['normal', '0'], table = { \
                     file = 'labels.csv', path = 'image', label = 'class', group = 'patient', \
                     split = 'part' } }";

fn reads(table: impl AsRef<[u8]>) {
    let dir = listed(table);
    let source = TABLE.replace("DIR", &format!("dir = {:?}", dir.path()));
    let (_out, data) = ingest(&format!("source.{source}"));
    let facts: Vec<_> = data
        .rows()
        .iter()
        .map(|row| (row.id.as_str(), row.label.unwrap(), row.group.as_str(), row.split.unwrap()))
        .collect();
    assert_eq!(
        facts,
        [
            ("x/a.png", 1, "p, 1", Split::Train),
            ("x/b.png", 0, "p2", Split::Valid),
            ("y/c.png", 0, "p2", Split::Test)
        ]
    );
}

fn refuses(table: impl AsRef<[u8]>, message: Expect) {
    fails(listed(table).path(), TABLE, "", message);
}

#[test]
fn what_a_table_says() {
    reads("image,class,patient,part\nx/a.png,tumour,\"p, 1\",train\nx/b.png,normal,p2,val\ny/c.png,0,p2,test\n");
    // In another order, with more columns, a byte order mark, CRLF, spaces, and no end of line.
    reads("\u{feff}part,\"note\",CLASS, patient ,image\r\ntest,,0,p2,./y/c.png\r\nTrain,\"a \"\"b\"\"\",1,\"p, 1\",x/a.png\r\nvalid,,normal,p2,x\\b.png");
    // Ids without folders, without endings, or without both.
    reads("image,class,patient,part\na,tumour,\"p, 1\",train\nb.png,normal,p2,val\ny/c,0,p2,test\n");
}

#[test]
fn semicolons_and_tabs_are_told() {
    reads("image;class;patient;part\nx/a.png;tumour;p, 1;train\nx/b.png;normal;p2;val\ny/c.png;0;p2;test\n");
    reads("image\tclass\tpatient\tpart\nx/a.png\ttumour\tp, 1\ttrain\nx/b.png\tnormal\tp2\tval\ny/c.png\t0\tp2\ttest\n");
}

#[test]
fn what_a_table_may_not_say() {
    refuses("image,class,patient\na,1,p\n", expect!["DIR/labels.csv: there is no column `part`, only `image`, `class`, `patient`; its first line must name the columns"]);
    refuses("image;class;patient\na;1;p\n", expect!["DIR/labels.csv: there is no column `part`, only `image`, `class`, `patient`; its first line must name the columns"]);
    refuses("image|class|patient|part\n", expect!["DIR/labels.csv: there is no column `image`, only `image|class|patient|part`; its first line must name the columns"]);
    refuses("image,class,patient,part,class\n", expect!["DIR/labels.csv names the column `class` twice; rename one of the two"]);
    refuses("", expect!["DIR/labels.csv is empty; its first line must name the columns"]);
    refuses(b"\xff\xfei\0m\0a\0g\0e\0", expect![[r#"DIR/labels.csv is not a CSV file: it is UTF-16; save it as UTF-8 ("CSV UTF-8" in a spreadsheet)"#]]);
    refuses(b"image,class,patient,part\n\xff\xff,1,p,train\n", expect!["DIR/labels.csv is not a CSV file: CSV parse error: record 1 (line 2, field: 0, byte: 25): invalid utf-8: invalid UTF-8 in field 0 near byte index 0"]);
    let head = "image,class,patient,part\n";
    refuses(format!("{head}a,1,p,train\nb,2,p,train\nc,0,,train\n"), expect![[r#"
        DIR/labels.csv: 1 of 3 lines cannot be used:
          line 4: `` for `y/c.png`
        a group has a name, and a split is train, valid (or val, validation) or test"#]]);
    refuses(format!("{head}a,1,p,train\nb,2,p,train\nc,0,p,train\n"), expect!["1 image (`x/b.png`) of class `2`, which is neither in `positive` (tumour, 1) nor in `negative` (normal, 0); add it to one of them, or let `label` point to another part of the path"]);
    refuses(format!("{head}a,1,p,train\nb,0,p,holdout\n"), expect![[r#"
        DIR/labels.csv: 1 of 2 lines cannot be used:
          line 3: `holdout` for `x/b.png`
        a group has a name, and a split is train, valid (or val, validation) or test"#]]);
    refuses(format!("{head}a,1,p,train\nx/a.png,1,p,train\n"), expect!["DIR/labels.csv, line 3: `x/a.png` is listed a second time, it is on line 2 already; remove one of the two lines"]);
    refuses(format!("{head}a,1,p,train\nz,1,p,train\n"), expect!["DIR/labels.csv lists 1 image (`z`) that is not in DIR; add what is missing or remove the lines"]);
    refuses(format!("{head}a,1,p,train\n"), expect!["DIR/labels.csv does not list 2 images (`x/b.png`, `y/c.png`); add what is missing, or leave the images out by `include` or `exclude`"]);
    refuses(format!("{head}a,1,\"p,train\nb,1,p,train\n"), expect!["DIR/labels.csv, line 2: 3 of 4 fields; give each line as many as the first"]);
}

#[test]
fn a_short_name_that_two_images_have() {
    let dir = listed("image,class,patient,part\na,1,p,train\n");
    write_png(dir.path(), "y/a.png", 9);
    fails(dir.path(), TABLE, "", expect![[r#"
        DIR/labels.csv: 1 of 1 images cannot be found:
          line 2: `a` may be `x/a.png` or `y/a.png`"#]]);
}

#[test]
fn a_table_may_say_only_the_label() {
    let dir = listed("path,label\na,1\nb,0\nc,0\n");
    let (_out, data) = ingest(&format!(
        "source.folder = {{ dir = {:?}, group = {{ component = 0 }}, table = {{ file = 'labels.csv', \
         label = 'label' }} }}",
        dir.path()
    ));
    let rows = data.rows();
    assert_eq!((rows[0].label, rows[2].label), (Some(1), Some(0)));
    assert_eq!((rows[0].group.as_str(), rows[2].group.as_str()), ("x", "y"));
}

#[test]
fn parameters_of_tables_and_patterns() {
    let dir = listed("");
    fails(dir.path(), "folder = { DIR, table = { file = 'labels.csv' } }", "", expect!["`table` says nothing of the images; name the column of `label`, `group` or `split`"]);
    fails(dir.path(), "folder = { DIR, table = { file = '../a.csv', label = 'l' } }", "", expect!["`table.file` is `../a.csv`, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"]);
    fails(dir.path(), "folder = { DIR, table = { file = 'no.csv', label = 'l' } }", "", expect!["DIR/no.csv is missing; it lists the facts of the images, set `table.file` to its name"]);
    fails(
        dir.path(),
        "folder = { DIR, splits = 's.csv', table = { file = 'labels.csv', split = 's' } }",
        "",
        expect!["`splits` and `table.split` both say the splits; keep one of the two"],
    );
    fails(dir.path(), "folder = { DIR, include = ['a**/[b'] }", "", expect!["`include` holds `a**/[b`: recursive wildcards must form a single path component; write a path with `*`, `**`, `?` or `[ab]` in it"]);
    fails(dir.path(), "folder = { DIR, exclude = ['**'] }", "", expect!["DIR holds no image; files ending in png, jpg, jpeg, tif, tiff, bmp, webp are searched in it and below it"]);
}

#[test]
fn patterns_choose_files() {
    let dir = folder();
    for (i, name) in
        ["0/a.png", "0/a_mask.png", "1/b.png", "1/deep/1/c.png", ".hidden/1/d.png"].iter().enumerate()
    {
        write_png(dir.path(), name, i as u8);
    }
    let ids = |more: &str| {
        let (_out, data) = ingest(&format!("source.folder = {{ dir = {:?}, {more} }}", dir.path()));
        data.rows().iter().map(|row| row.id.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("exclude = ['**/*_mask.png', '.*/**']"), "0/a.png 1/b.png 1/deep/1/c.png");
    assert_eq!(ids("include = ['*/*.png']"), "0/a.png 0/a_mask.png 1/b.png");
    assert_eq!(ids("include = ['1/**/*.png', '0/?.png'], exclude = ['**/deep/**']"), "0/a.png 1/b.png");
    assert_eq!(ids("include = ['[1-9]/*']"), "1/b.png");
}
