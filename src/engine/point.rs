//! How a kind varies another stage: the points of a search, what each sets, and the gates between
//! rungs.

/// How a kind refers to the stage whose parameters it varies.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// The key that names the stage: `train`.
    pub key: &'static str,
    /// The kind that stage must be of.
    pub kind: &'static str,
    /// The port that takes the results of all points.
    pub port: &'static str,
}

/// One point of a search: settings laid over the template's table, or over those of stages that
/// the template reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What stands in the brackets of its name: `lr=0.001,batch_size=32`.
    pub name: String,
    pub settings: Vec<Setting>,
    /// The rung that it stands on; from 1 on it waits for the gate below.
    pub rung: usize,
}

/// A stage between two rungs of a search, which reads the points of one at its port for points and
/// decides which of the next run. What it lets through is no part of a point's recipe: the same
/// training is the same, whoever asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    pub kind: &'static str,
    /// What stands in the brackets of its name: `rung=1`.
    pub name: String,
    /// Its parameters, as a user would write them.
    pub params: serde_json::Value,
}

/// One parameter of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// A path into the stage's table: `optimizer.adam.lr`. Of a template it may begin with the
    /// name of a stage that the template reads, directly or not: `prep.split.fold`.
    pub key: String,
    pub of: Whose,
    pub value: SettingValue,
    /// The place in the search's own table that a problem should point at.
    pub place: String,
}

/// Whose parameter a point sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Template,
    /// The nearest stage of this kind that the template reads, directly or not.
    Upstream(&'static str),
}

/// What a point sets a parameter to.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// This value.
    To(serde_json::Value),
    /// The stage's own integer, raised by so much: seeds and folds.
    Plus(u64),
}

/// Whether a stage's name is that of a point of a search.
pub fn is_point_of(search: &str, name: &str) -> bool {
    name.strip_prefix(search).is_some_and(|rest| rest.starts_with('['))
}
