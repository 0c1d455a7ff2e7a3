//! A search that varies stages before its template reads copies of them: one for each set of
//! parameters, shared by all points and searches that ask for the same, and none where it comes out
//! as the stage itself.

use super::{
    draft::Draft,
    expand::lay,
    problem::Problem,
    value::{Data, Key, Table, steps},
};
use crate::engine::stage::{Port, Setting, Whose};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// A setting of a stage before the template.
pub struct Upstream<'a> {
    stage: String,
    /// The path within that stage.
    key: String,
    setting: &'a Setting,
}

/// What tells a stage from all others: its original's name, its parameters, what it reads.
type Identity = (String, String, Vec<(&'static str, Vec<String>)>);

/// The stages before templates and their copies.
pub struct Variants<'a> {
    drafts: HashMap<&'a str, &'a Draft>,
    /// The names of stages and copies.
    known: HashMap<Identity, String>,
    taken: BTreeSet<String>,
    /// Copies that nobody has taken yet.
    made: Vec<Draft>,
}

impl<'a> Variants<'a> {
    pub fn of(drafts: &'a [Draft]) -> Variants<'a> {
        let known = drafts.iter().filter_map(|d| Some((identity(d, &d.name)?, d.name.clone())));
        Variants {
            known: known.collect(),
            taken: drafts.iter().map(|draft| draft.name.clone()).collect(),
            drafts: drafts.iter().map(|draft| (draft.name.as_str(), draft)).collect(),
            made: Vec::new(),
        }
    }

    /// The copies that were made since the last time, each after those that it reads.
    pub fn take(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.made)
    }

    /// The settings of the template itself, and those of stages before it.
    pub fn sort_out<'s>(
        &self,
        search: &Draft,
        template: &Draft,
        settings: &'s [Setting],
    ) -> Result<(Vec<&'s Setting>, Vec<Upstream<'s>>), Box<Problem>> {
        let (mut own, mut upstream) = (Vec::new(), Vec::new());
        for setting in settings {
            match self.stage_of(search, template, setting)? {
                None => own.push(setting),
                Some((stage, key)) => upstream.push(Upstream { stage, key, setting }),
            }
        }
        Ok((own, upstream))
    }

    /// The stage before the template that a setting is of, and the path within it.
    fn stage_of(
        &self,
        search: &Draft,
        template: &Draft,
        setting: &Setting,
    ) -> Result<Option<(String, String)>, Box<Problem>> {
        let before = self.before(&template.name);
        let at = |problem: Problem| {
            let place = search.table.locate(&setting.place);
            problem.of(search.owner()).at(place.map_or(search.span, |place| place.key), "here")
        };
        if let Whose::Upstream(kind) = setting.of {
            let of_kind = |name: &&str| self.drafts.get(name).is_some_and(|d| d.kind.name == kind);
            let Some(nearest) = before.iter().copied().find(of_kind) else {
                let message = format!("`{}` reads no stage of kind `{kind}`", template.name);
                return Err(at(Problem::new(message)).into());
            };
            return Ok(Some((nearest.to_owned(), setting.key.clone())));
        }
        let Some((name, key)) = setting.key.split_once('.') else { return Ok(None) };
        if template.kind.has_param(name) || !self.drafts.contains_key(name) {
            return Ok(None);
        }
        if before.contains(&name) {
            return Ok(Some((name.to_owned(), key.to_owned())));
        }
        let message =
            format!("`{name}` does nothing for `{}`, which does not read it", template.name);
        let help = match &before[..] {
            [] => "it reads no stage".to_string(),
            before => format!("before it are {}", before.join(", ")),
        };
        Err(at(Problem::new(message)).help(help).into())
    }

    /// All that a stage reads, directly or not, the nearest first.
    fn before(&self, stage: &str) -> Vec<&'a str> {
        let mut found: Vec<&'a str> = Vec::new();
        let mut open: VecDeque<_> = self.drafts.get(stage).copied().into_iter().collect();
        while let Some(draft) = open.pop_front() {
            for key in draft.references.iter().flat_map(|(_, names)| names) {
                if let Some((&name, &next)) = self.drafts.get_key_value(key.name.as_str())
                    && !found.contains(&name)
                {
                    found.push(name);
                    open.push_back(next);
                }
            }
        }
        found
    }

    /// The name of the stage to read instead of `name`: its copy with the settings, or itself.
    pub fn of_stage(
        &mut self,
        name: &str,
        search: &Draft,
        upstream: &[Upstream],
        problems: &mut Vec<Problem>,
    ) -> String {
        let Some(&origin) = self.drafts.get(name) else { return name.to_owned() };
        let before = self.before(name);
        let concerns = |u: &&Upstream| u.stage == name || before.contains(&u.stage.as_str());
        let concerns: Vec<&Upstream> = upstream.iter().filter(concerns).collect();
        // A circle of stages, which is told of later, has no end of copies; and a copied search
        // would need points of its own.
        if concerns.is_empty() || before.contains(&name) || origin.template.is_some() {
            return name.to_owned();
        }
        let mut table = origin.table.clone();
        for own in concerns.iter().filter(|u| u.stage == name) {
            if let Err(problem) = lay(own.setting, &own.key, search, &mut table) {
                problems.push(*problem);
                return name.to_owned();
            }
        }
        let mut copy = |key: &Key| Key {
            name: self.of_stage(&key.name, search, upstream, problems),
            span: key.span,
        };
        let each = origin.references.iter();
        let references: Vec<_> =
            each.map(|(port, names)| (*port, names.iter().map(&mut copy).collect())).collect();
        let mut draft = Draft {
            name: name.to_owned(),
            span: search.span,
            kind: origin.kind,
            table,
            references,
            template: None,
            stage: None,
            search: None,
            gate: None,
        };
        let before = problems.len();
        draft.parse(problems);
        let own = concerns.iter().filter(|u| u.stage == name);
        for problem in &mut problems[before..] {
            let place = own.clone().find_map(|u| search.table.locate(&u.setting.place));
            problem.also.extend(place.map(|place| (place.value, "varied here".to_string())));
        }
        let label = label(own, &draft);
        self.known_or_new(draft, name, &label)
    }

    /// The stage that is like the draft already, or the draft under a free name.
    fn known_or_new(&mut self, mut draft: Draft, origin: &str, label: &str) -> String {
        let mut identity = identity(&draft, origin);
        // Paths are no parameters: of what reads files, every setting makes a copy.
        if draft.stage.as_ref().is_some_and(|stage| !stage.sources().is_empty())
            && let Some((_, params, _)) = &mut identity
        {
            params.push_str(label);
        }
        if let Some(name) = identity.as_ref().and_then(|identity| self.known.get(identity)) {
            return name.clone();
        }
        let of = |suffix: String| format!("{origin}[{label}{suffix}]");
        let candidates = std::iter::once(String::new()).chain((2..).map(|n| format!("#{n}")));
        let mut candidates = candidates.map(of);
        let name = candidates.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        self.known.extend(identity.map(|identity| (identity, name.clone())));
        draft.name = name.clone();
        self.made.push(draft);
        name
    }
}

/// What stands in the brackets of a copy: its own settings, `fold=1`, and those in the brackets of
/// the copies that it reads.
fn label<'a>(own: impl Iterator<Item = &'a &'a Upstream<'a>>, draft: &Draft) -> String {
    let part = |u: &&Upstream| {
        let last = u.key.rsplit('.').next().unwrap_or(&u.key);
        let value = draft.table.at(&steps(&u.key));
        format!("{last}={}", value.map_or("…".into(), |value| shown(&value.data)))
    };
    let mut parts: Vec<String> = own.map(part).collect();
    for key in draft.references.iter().flat_map(|(_, names)| names) {
        let inside = key.name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
        parts.extend(inside.map(str::to_owned).filter(|inside| !parts.contains(inside)));
    }
    parts.join(",")
}

/// A value in a few characters that fit into a name: a table or list by its first key or item.
fn shown(data: &Data) -> String {
    let text = match data {
        Data::String(text) | Data::Date(text) => text.clone(),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) => serde_json::Value::from(*number).to_string(),
        Data::Boolean(truth) => truth.to_string(),
        Data::Array(items) => items.first().map_or("none".into(), |item| shown(&item.data)),
        Data::Table(Table(entries)) => {
            entries.first().map_or("none".into(), |(key, _)| key.name.clone())
        }
    };
    text.replace(|c: char| !(c.is_alphanumeric() || "_-.+".contains(c)), "_")
}

/// None for a stage whose parameters are wrong.
fn identity(draft: &Draft, origin: &str) -> Option<Identity> {
    let params = draft.stage.as_ref()?.params().ok()?.to_string();
    let at_port = |(port, names): &(&'static Port, Vec<Key>)| {
        (port.name, names.iter().map(|key| key.name.clone()).collect())
    };
    Some((origin.to_owned(), params, draft.references.iter().map(at_port).collect()))
}
