//! The tables that come with `eda.json`.

use std::path::Path;

use super::atlas::MapPoint;
use super::comparison::MEASURES;
use super::facts::CHANNELS;
use super::found::Exploration;
use super::look::Look;
use super::shades::SHADES;
use super::staining::GroupRow;
use super::twins::Twins;
use crate::data::error::DataError;
use crate::data::writer::write_csv;

/// What is written besides what `eda.json` holds.
pub(super) struct Rest<'a> {
    pub look: &'a Look<'a>,
    pub groups: Vec<GroupRow>,
    pub map: Vec<MapPoint>,
    /// The chance of class 1 by colour alone, for each image.
    pub chances: Option<Vec<Option<f64>>>,
}

pub(super) fn write(found: &Exploration, rest: &Rest, out: &Path) -> Result<(), DataError> {
    brightness(found, out)?;
    shades(found, out)?;
    duplicates(found, out)?;
    balance(found, out)?;
    images(rest, out)?;
    write_csv(&out.join("groups.csv"), &GroupRow::COLUMNS, &rest.groups)?;
    write_csv(&out.join("twins.csv"), &Twins::COLUMNS, &found.twins)?;
    write_csv(&out.join("map.csv"), &MapPoint::COLUMNS, &rest.map)?;
    let black = found.blank.black.iter().map(|id| (id, "black"));
    let blank: Vec<_> = black.chain(found.blank.white.iter().map(|id| (id, "white"))).collect();
    write_csv(&out.join("blank.csv"), &["id", "blank"], &blank)
}

fn brightness(found: &Exploration, out: &Path) -> Result<(), DataError> {
    let at = |label: &str, bin: usize| found.brightness.images.get(label).map_or(0, |n| n[bin]);
    let bins: Vec<_> = (0..found.brightness.bins)
        .map(|bin| {
            let from = bin * found.brightness.width;
            (from, from + found.brightness.width - 1, at("0", bin), at("1", bin), at("none", bin))
        })
        .collect();
    write_csv(&out.join("brightness.csv"), &["from", "to", "0", "1", "none"], &bins)
}

fn shades(found: &Exploration, out: &Path) -> Result<(), DataError> {
    let mut lines = Vec::new();
    for (class, shades) in &found.shades {
        let channels = [("red", &shades.red), ("green", &shades.green), ("blue", &shades.blue)];
        for (channel, counts) in channels {
            let width = 256 / SHADES;
            let bins = counts.iter().enumerate();
            lines.extend(
                bins.map(|(i, n)| (class.as_str(), channel, i * width, (i + 1) * width - 1, *n)),
            );
        }
    }
    write_csv(&out.join("shades.csv"), &["class", "channel", "from", "to", "pixels"], &lines)
}

fn duplicates(found: &Exploration, out: &Path) -> Result<(), DataError> {
    let duplicates: Vec<_> = found
        .duplicates
        .iter()
        .enumerate()
        .flat_map(|(set, same)| same.ids.iter().map(move |id| (set, id, same.labels_disagree)))
        .collect();
    write_csv(&out.join("duplicates.csv"), &["set", "id", "labels_disagree"], &duplicates)
}

fn balance(found: &Exploration, out: &Path) -> Result<(), DataError> {
    let line = |part: &super::Balance| {
        let share = part.share;
        let counts = (part.negative, part.positive, part.unlabelled, part.groups);
        let interval = (share.map(|s| s.value), share.map(|s| s.low), share.map(|s| s.high));
        (part.by.clone(), part.name.clone(), counts, interval, share.map(|s| s.effective))
    };
    let header =
        ["by", "name", "0", "1", "none", "groups", "share", "low", "high", "effective_images"];
    write_csv(
        &out.join("balance.csv"),
        &header,
        &found.balance.iter().map(line).collect::<Vec<_>>(),
    )
}

/// A line an image: what was measured in it.
fn images(rest: &Rest, out: &Path) -> Result<(), DataError> {
    let look = rest.look;
    let mut header = vec!["id", "label", "group", "split"];
    header.extend(CHANNELS);
    header.extend(MEASURES.map(|(name, _)| name));
    header.extend(["ink", "by_colour"]);
    let line = |row: usize| {
        let (of, facts) = (&look.rows[row], &look.facts[row]);
        let measures = MEASURES.map(|(_, read)| read(facts).map(|value| value as f32));
        let chance = rest.chances.as_ref().and_then(|chances| chances[row]);
        let known = (&of.id, of.label, &of.group, of.split);
        let channels = facts.channels().map(|value| value as f32);
        (known, channels, measures, facts.measures.ink, chance.map(|chance| chance as f32))
    };
    let lines: Vec<_> = look.all().map(line).collect();
    write_csv(&out.join("images.csv"), &header, &lines)
}
