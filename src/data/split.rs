//! Train, validation and test: which image belongs where. Knows nothing of pixels.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dataset::Row;
use super::error::DataError;
use super::random::Random;

/// The part of the data an image belongs to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Networks learn from it, and the normalisation is measured on it.
    Train,
    /// Early stopping, thresholds and searches look at it.
    Valid,
    /// Scores are reported on it.
    Test,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }

    /// Reads the names in common use; `val` and `validation` mean [`Split::Valid`].
    pub fn parse(name: &str) -> Option<Split> {
        match name.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Split::Train),
            "valid" | "val" | "validation" => Some(Split::Valid),
            "test" | "testing" => Some(Split::Test),
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is never torn apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// All images of one group (patient, slide) go to the same split.
    #[default]
    Group,
    /// Every image goes its own way, also those of one patient: scores will look too good.
    Image,
}

/// The share of the images that each split gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Fractions {
    /// Share of the train split, 0 to 1.
    #[serde(default = "most")]
    pub train: f64,
    /// Share of the validation split, 0 to 1.
    #[serde(default = "tenth")]
    pub valid: f64,
    /// Share of the test split, 0 to 1.
    #[serde(default = "tenth")]
    pub test: f64,
    /// Whether groups (patients, slides) stay together: "group" or "image".
    #[serde(default)]
    pub by: SplitBy,
    /// Whether each split gets about the same share of positive images.
    #[serde(default = "yes")]
    pub stratify: bool,
}

fn most() -> f64 {
    0.8
}

fn tenth() -> f64 {
    0.1
}

fn yes() -> bool {
    true
}

impl Default for Fractions {
    fn default() -> Fractions {
        Fractions { train: 0.8, valid: 0.1, test: 0.1, by: SplitBy::Group, stratify: true }
    }
}

/// How images are divided: `"given"`, or a table of fractions.
#[derive(Clone, Debug, PartialEq)]
pub enum SplitRule {
    /// The split that the data came with.
    Given,
    /// A split drawn at random.
    Fractions(Fractions),
}

impl Default for SplitRule {
    fn default() -> SplitRule {
        SplitRule::Fractions(Fractions::default())
    }
}

impl Serialize for SplitRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            SplitRule::Given => serializer.serialize_str("given"),
            SplitRule::Fractions(fractions) => fractions.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SplitRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SplitRule, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = SplitRule;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("\"given\" or a table such as { train = 0.8, valid = 0.1, test = 0.1 }")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SplitRule, E> {
                match text {
                    "given" => Ok(SplitRule::Given),
                    other => Err(E::unknown_variant(other, &["given"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SplitRule, A::Error> {
                Fractions::deserialize(MapAccessDeserializer::new(map)).map(SplitRule::Fractions)
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

impl JsonSchema for SplitRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SplitRule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fractions = generator.subschema_for::<Fractions>();
        json_schema!({
            "description": "\"given\" (the split the data came with) or a table of fractions",
            "anyOf": [{ "type": "string", "enum": ["given"] }, fractions]
        })
    }
}

impl SplitRule {
    /// The split of every row, in the order of the rows.
    ///
    /// Depends on `seed` and on what the rows say, not on their order.
    pub fn assign(&self, rows: &[Row], seed: u64) -> Result<Vec<Split>, DataError> {
        let splits = match self {
            SplitRule::Given => given(rows)?,
            SplitRule::Fractions(fractions) => fractions.assign(rows, seed)?,
        };
        self.check(rows, &splits)?;
        Ok(splits)
    }

    /// Both classes must be in every split that is asked for, or nothing can be scored on it.
    fn check(&self, rows: &[Row], splits: &[Split]) -> Result<(), DataError> {
        let mut counts = [[0usize; 2]; 3];
        for (row, &split) in rows.iter().zip(splits) {
            if let Some(label) = row.label {
                counts[split as usize][usize::from(label)] += 1;
            }
        }
        for split in Split::ALL {
            let of = counts[split as usize];
            if !self.wants(split, of) {
                continue;
            }
            if let Some(class) = of.iter().position(|&count| count == 0) {
                let texts = Split::ALL.map(|split| {
                    let [negative, positive] = counts[split as usize];
                    format!("{split}: {negative} negative, {positive} positive")
                });
                return Err(DataError::AbsentClass {
                    split,
                    class: class as u8,
                    counts: texts.join("; "),
                    advice: self.advice(counts.iter().map(|of| of[class]).sum()),
                });
            }
        }
        Ok(())
    }

    fn wants(&self, split: Split, [negative, positive]: [usize; 2]) -> bool {
        match self {
            // A data set may come without a validation or test split, but never without train.
            SplitRule::Given => split == Split::Train || negative + positive > 0,
            SplitRule::Fractions(fractions) => fractions.share(split) > 0.0,
        }
    }

    fn advice(&self, of_the_class: usize) -> &'static str {
        match self {
            _ if of_the_class == 0 => "there is none in the whole data set: look at the labels",
            SplitRule::Given => "change the given split, or let `split` say fractions",
            SplitRule::Fractions(Fractions { stratify: false, .. }) => {
                "set `stratify = true`, or give the split a larger fraction"
            }
            SplitRule::Fractions(Fractions { by: SplitBy::Group, .. }) => {
                "too few groups hold it: give the split a larger fraction, or set `by = \"image\"`"
            }
            SplitRule::Fractions(_) => "give the split a larger fraction, or add images",
        }
    }
}

fn given(rows: &[Row]) -> Result<Vec<Split>, DataError> {
    let missing = rows.iter().filter(|row| row.split.is_none());
    let ids: Vec<String> = missing.map(|row| row.id.clone()).collect();
    if !ids.is_empty() {
        return Err(DataError::NotGiven { ids });
    }
    Ok(rows.iter().filter_map(|row| row.split).collect())
}

impl Fractions {
    fn share(&self, split: Split) -> f64 {
        match split {
            Split::Train => self.train,
            Split::Valid => self.valid,
            Split::Test => self.test,
        }
    }

    fn check(&self) -> Result<(), DataError> {
        let Fractions { train, valid, test, .. } = *self;
        for (what, share) in
            [("`split.train`", train), ("`split.valid`", valid), ("`split.test`", test)]
        {
            if !(0.0..=1.0).contains(&share) {
                let expected = "a fraction lies between 0 and 1";
                return Err(DataError::BadParameter { what, value: share.to_string(), expected });
            }
        }
        // Decimal fractions such as 0.1 have no exact binary form.
        let sum = train + valid + test;
        if (sum - 1.0).abs() > 1e-6 {
            return Err(DataError::Fractions { sum, train, valid, test });
        }
        Ok(())
    }

    fn assign(&self, rows: &[Row], seed: u64) -> Result<Vec<Split>, DataError> {
        self.check()?;
        let mut units: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for row in rows {
            units.entry(self.unit(row)).or_default()[self.stratum(row)] += 1;
        }
        let splits = self.fill(units, seed);
        Ok(rows.iter().map(|row| splits[self.unit(row)]).collect())
    }

    fn unit<'a>(&self, row: &'a Row) -> &'a str {
        match self.by {
            SplitBy::Group => &row.group,
            SplitBy::Image => &row.id,
        }
    }

    /// Negative, positive, unlabelled; without stratification all are alike.
    fn stratum(&self, row: &Row) -> usize {
        match row.label {
            _ if !self.stratify => 0,
            Some(label) => usize::from(label),
            None => 2,
        }
    }

    /// Gives the units out one by one, the largest first and equals in random order, each to the
    /// split that it brings closest to its share of every stratum (least χ² distance, as in
    /// scikit-learn's `StratifiedGroupKFold`, but for unequal shares).
    fn fill<'a>(
        &self,
        units: BTreeMap<&'a str, [usize; 3]>,
        seed: u64,
    ) -> BTreeMap<&'a str, Split> {
        let mut total = [0; 3];
        for counts in units.values() {
            (0..3).for_each(|stratum| total[stratum] += counts[stratum]);
        }
        let mut queue: Vec<(&str, [usize; 3])> = units.into_iter().collect();
        Random::new(seed, "split", 0, 0).shuffle(&mut queue);
        queue.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<usize>()));

        let open: Vec<Split> =
            Split::ALL.into_iter().filter(|&split| self.share(split) > 0.0).collect();
        let mut have = [[0; 3]; 3];
        let mut splits = BTreeMap::new();
        for (name, counts) in queue {
            let cost = |split: Split| {
                let have = &have[split as usize];
                let worse = |stratum: usize| {
                    let target = self.share(split) * total[stratum] as f64;
                    let (have, more) = (have[stratum] as f64, counts[stratum] as f64);
                    // (have + more - target)² - (have - target)², relative to the target.
                    if more > 0.0 { more * (2.0 * (have - target) + more) / target } else { 0.0 }
                };
                (0..3).map(worse).sum::<f64>()
            };
            let best = open.iter().copied().min_by(|&a, &b| cost(a).total_cmp(&cost(b)));
            let best = best.unwrap_or(Split::Train);
            (0..3).for_each(|stratum| have[best as usize][stratum] += counts[stratum]);
            splits.insert(name, best);
        }
        splits
    }
}
