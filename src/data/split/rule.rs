//! The rule by which images are divided: the split the data came with, fractions, or folds.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Folds, Fractions, Method, Split, SplitBy};
use crate::data::dataset::Row;
use crate::data::error::DataError;
use crate::data::problem::{Problem, refuse};

/// How images are divided: `"given"`, or a table of fractions or of folds.
#[derive(Clone, Debug, PartialEq)]
pub enum SplitRule {
    /// The split that the data came with.
    Given,
    /// A split in given shares.
    Fractions(Fractions),
    /// A turn of a cross-validation.
    Folds(Folds),
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
            SplitRule::Folds(folds) => folds.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SplitRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SplitRule, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = SplitRule;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(
                    "\"given\" or a table such as { train = 0.8, valid = 0.1, test = 0.1 } or \
                     { folds = 5, fold = 0 }",
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SplitRule, E> {
                match text {
                    "given" => Ok(SplitRule::Given),
                    // The list of known words would hide that a table is possible too.
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SplitRule, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map))?.rule()
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

/// All keys of both tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct Table {
    train: Option<f64>,
    valid: Option<f64>,
    test: Option<f64>,
    method: Option<Method>,
    folds: Option<usize>,
    fold: Option<usize>,
    #[serde(default)]
    by: SplitBy,
    stratify: Option<bool>,
}

impl Table {
    fn rule<E: serde::de::Error>(self) -> Result<SplitRule, E> {
        let Table { train, valid, test, method, folds, fold, by, stratify } = self;
        if folds.is_none() && fold.is_none() {
            let method = method.unwrap_or_default();
            let standard = Fractions::default();
            return Ok(SplitRule::Fractions(Fractions {
                train: train.unwrap_or(standard.train),
                valid: valid.unwrap_or(standard.valid),
                test: test.unwrap_or(standard.test),
                stratify: stratify.unwrap_or(method == Method::Draw),
                method,
                by,
            }));
        }
        let shares = [("train", train), ("valid", valid), ("test", test)];
        let share = shares.into_iter().find(|(_, share)| share.is_some()).map(|(name, _)| name);
        if let Some(name) = share.or(method.map(|_| "method")) {
            let problem = format!("`folds` and `{name}` exclude each other: folds are equal parts");
            return Err(E::custom(problem));
        }
        let folds = folds.ok_or_else(|| E::missing_field("folds"))?;
        let (fold, stratify) = (fold.unwrap_or(0), stratify.unwrap_or(true));
        Ok(SplitRule::Folds(Folds { folds, fold, by, stratify }))
    }
}

impl JsonSchema for SplitRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SplitRule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fractions = generator.subschema_for::<Fractions>();
        let folds = generator.subschema_for::<Folds>();
        json_schema!({
            "description": "\"given\" (the split the data came with), or a table of fractions or of folds",
            "anyOf": [{ "type": "string", "enum": ["given"] }, fractions, folds]
        })
    }
}

impl SplitRule {
    /// The split of every row, in the order of the rows.
    ///
    /// Depends on `seed` and on what the rows say, not on their order.
    pub fn assign(&self, rows: &[Row], seed: u64) -> Result<Vec<Split>, DataError> {
        refuse(self.problems())?;
        let splits = match self {
            SplitRule::Given => given(rows)?,
            SplitRule::Fractions(fractions) => fractions.assign(rows, seed),
            SplitRule::Folds(folds) => folds.assign(rows, seed),
        };
        self.check(rows, &splits)?;
        Ok(splits)
    }

    /// What is wrong with the rule, whatever the rows.
    pub(in crate::data) fn problems(&self) -> Vec<Problem> {
        match self {
            SplitRule::Given => Vec::new(),
            SplitRule::Fractions(fractions) => fractions.problems(),
            SplitRule::Folds(folds) => folds.problems(),
        }
    }

    /// What a drawn split never tears apart; none for a given one.
    pub(in crate::data) fn unit(&self) -> Option<SplitBy> {
        match self {
            SplitRule::Given => None,
            SplitRule::Fractions(fractions) => Some(fractions.by),
            SplitRule::Folds(folds) => Some(folds.by),
        }
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
            SplitRule::Folds(_) => true,
        }
    }

    fn advice(&self, of_the_class: usize) -> &'static str {
        match self {
            _ if of_the_class == 0 => "there is none in the whole data set: look at the labels",
            SplitRule::Given => "change the given split, or let `split` say fractions",
            SplitRule::Fractions(Fractions { method: Method::Hash, .. }) => {
                "give the split a larger fraction, or take `method = \"draw\"`, which sees to it"
            }
            SplitRule::Fractions(Fractions { stratify: false, .. }) => {
                "set `stratify = true`, or give the split a larger fraction"
            }
            SplitRule::Folds(Folds { stratify: false, .. }) => {
                "set `stratify = true`, or take fewer folds"
            }
            SplitRule::Folds(Folds { by: SplitBy::Group, .. }) => {
                "too few groups hold it: take fewer folds, or set `by = \"image\"`"
            }
            SplitRule::Folds(_) => "take fewer folds, or add images",
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
