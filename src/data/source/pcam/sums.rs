//! The published MD5 sums of PatchCamelyon's `.h5.gz` files.

/// Each file by the end of its name. The table that is published beside the data
/// (<https://github.com/basveeling/pcam>) has the sums of valid and test swapped; these are as the
/// files are (<https://github.com/pytorch/vision/pull/6644>).
const SUMS: [(&str, &str); 6] = [
    ("train_x.h5.gz", "1571f514728f59376b705fc836ff4b63"),
    ("train_y.h5.gz", "35c2d7259d906cfc8143347bb8e05be7"),
    ("valid_x.h5.gz", "d5b63470df7cfa627aeec8b9dc0c066e"),
    ("valid_y.h5.gz", "2b85f58b927af9964a4c15b8f7e8f179"),
    ("test_x.h5.gz", "d8c2d60d490dbd479f8199bdfa0cf6ec"),
    ("test_y.h5.gz", "60a7035772fbdb7f34eb86d4420cf66a"),
];

/// Whether the file, called by the end of its name, has the sum that was published for it; if not,
/// a phrase that says what is wrong.
pub(super) fn check(file: &str, md5: &str) -> Result<(), String> {
    let published = SUMS.iter().find(|(name, _)| *name == file).map_or("", |(_, sum)| sum);
    if md5 == published {
        return Ok(());
    }
    Err(match SUMS.iter().find(|(_, sum)| *sum == md5) {
        Some((other, _)) => format!(
            "its MD5 is {md5}, which is that of {other}: the two are swapped; rename them (the table \
             of sums that is published beside the data has valid and test swapped, too), or set \
             `check_sums = false`"
        ),
        None => format!(
            "its MD5 is {md5}, not {published} as published: it is damaged or another file; get it \
             again, or set `check_sums = false`"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use expect_test::expect;

    #[test]
    fn a_file_is_what_was_published() {
        assert_eq!(check("valid_x.h5.gz", "d5b63470df7cfa627aeec8b9dc0c066e"), Ok(()));
        assert_eq!(check("test_y.h5.gz", "60a7035772fbdb7f34eb86d4420cf66a"), Ok(()));
    }

    #[test]
    fn swapped_files_are_told() {
        let problem = check("valid_x.h5.gz", "d8c2d60d490dbd479f8199bdfa0cf6ec").unwrap_err();
        expect!["its MD5 is d8c2d60d490dbd479f8199bdfa0cf6ec, which is that of test_x.h5.gz: the two are swapped; rename them (the table of sums that is published beside the data has valid and test swapped, too), or set `check_sums = false`"].assert_eq(&problem);
    }
}
