//! The page is sound markup: tags nest, ids are unique, references lead somewhere, headings are in
//! order.

use std::collections::BTreeSet;

use microtome::report::{Report, render};

use crate::fixture::full;

/// Elements that have no end tag in HTML.
const VOID: [&str; 3] = ["meta", "img", "input"];

/// What lies before the style sheet, and between it and the page's own script.
pub fn parts(page: &str) -> [&str; 2] {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    [head, body.rsplit_once("<script>").unwrap().0]
}

/// The tags of a page in order, `/name` for end tags, each with its attributes.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let [head, body] = parts(page);
    let pieces = head.split('<').skip(1).chain(body.split('<').skip(1));
    pieces
        .map(|piece| {
            let (tag, text) = piece.split_once('>').expect("every tag ends");
            assert!(!text.contains('>'), "a bare > in {piece}");
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            (name, attributes)
        })
        .collect()
}

/// The values of an attribute on the page.
fn attribute<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

pub fn assert_well_formed(page: &str) {
    let mut open = Vec::new();
    for (name, attributes) in tags(page) {
        assert_eq!(attributes.matches('"').count() % 2, 0, "quotes in {attributes}");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "an end tag without its start"),
            None if name.starts_with('!') || VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, ["html", "body"], "tags left open");

    let ids = attribute(page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "ids are unique");
    for link in attribute(page, "href") {
        match link.strip_prefix('#') {
            Some(place) => assert!(unique.contains(place), "{link}"),
            None => assert!(
                ["https://", "mailto:"].iter().any(|s| link.to_lowercase().starts_with(s)),
                "{link}"
            ),
        }
    }
    for labels in attribute(page, "aria-labelledby") {
        assert!(labels.split(' ').all(|label| unique.contains(label)), "{labels}");
    }
}

#[test]
fn a_full_page_and_an_empty_one_are_well_formed() {
    assert_well_formed(&render(&full()));
    assert_well_formed(&render(&Report::default()));
}

#[test]
#[should_panic(expected = "an end tag without its start")]
fn the_checker_sees_a_crossed_tag() {
    assert_well_formed("<p><style></style><b></p></b><script>");
}

#[test]
fn headings_descend_one_level_at_a_time() {
    let page = render(&full());
    let levels: Vec<u32> =
        tags(&page).iter().filter_map(|(name, _)| name.strip_prefix('h')?.parse().ok()).collect();
    assert_eq!(levels[0], 1);
    assert_eq!(levels.iter().filter(|&&level| level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn every_table_has_a_caption_and_every_heading_a_scope() {
    let page = render(&full());
    let tags = tags(&page);
    let (mut tables, mut headings) = (0, 0);
    for (i, (name, attributes)) in tags.iter().enumerate() {
        match *name {
            "table" => {
                assert_eq!(tags[i + 1].0, "caption");
                tables += 1;
            }
            "th" => {
                assert!(attributes.contains("scope="), "th {attributes}");
                headings += 1;
            }
            "img" => assert!(attributes.contains("alt=\"A grid of"), "{attributes}"),
            "svg" if attributes.contains("aria-hidden") => {}
            "svg" => {
                assert_eq!((tags[i + 1].0, tags[i + 3].0), ("title", "desc"));
                assert!(attributes.contains("role=\"img\""));
            }
            _ => {}
        }
    }
    assert!(tables >= 8 && headings >= 40, "{tables} tables, {headings} headings");
}
