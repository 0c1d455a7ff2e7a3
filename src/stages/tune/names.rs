//! What points are called: their parameters in a few characters, or what a template makes of them.

use super::{Tune, combine::Combination, grid::identity};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The word of a repeat over seeds.
pub const SEED: &str = "seed";
/// The word of a repeat over folds.
pub const FOLD: &str = "fold";

/// The word of a rung's budget.
pub const EPOCHS: &str = "epochs";

/// What stands in a name for a parameter that does not apply.
const NONE: &str = "none";

/// A piece of a name's template.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// What stands between braces.
    Placeholder(&'a str),
}

/// The pieces of a template.
///
/// # Errors
/// What is wrong with its braces or its characters.
pub fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (text, more) = match rest.split_once('{') {
            Some((text, more)) => (text, Some(more)),
            None => (rest, None),
        };
        if let Some(odd) = text.chars().find(|c| !fits(*c)) {
            return Err(match odd {
                '}' => "the name has a `}` without its `{`".into(),
                odd => format!("a name cannot hold {odd:?}"),
            });
        }
        pieces.push(Piece::Text(text));
        let Some(more) = more else { break };
        let Some((inside, after)) = more.split_once('}') else {
            return Err("the name has a `{` without its `}`".into());
        };
        pieces.push(Piece::Placeholder(inside));
        rest = after;
    }
    Ok(pieces)
}

/// Characters of folders, keys and lines of tables.
fn fits(c: char) -> bool {
    c.is_alphanumeric() || "_-.,+=#".contains(c)
}

/// The longest text that stands for itself in a name.
const LONGEST: usize = 32;

/// What a value is called by itself: a scalar as it is, a choice by its name, a list by its items.
pub fn own_name(value: &Value) -> Option<String> {
    let name = match value {
        Value::String(text) => text.clone(),
        Value::Object(map) if map.len() == 1 => map.keys().next()?.clone(),
        Value::Object(_) => return None,
        Value::Array(items) if items.is_empty() => NONE.into(),
        Value::Array(items) => items.iter().map(own_name).collect::<Option<Vec<_>>>()?.join("+"),
        scalar => scalar.to_string(),
    };
    let short = name.chars().count() <= LONGEST && !name.is_empty();
    (short && name.chars().all(fits)).then_some(name)
}

/// What the values of a search's parameters are called, by parameter. To name a value takes a look at
/// all of its parameter's, which is taken once.
pub struct Labels(BTreeMap<String, Listed>);

/// The values that a grid lists for one parameter.
#[derive(Default)]
struct Listed {
    /// How many of them would be called so by themselves.
    called: HashMap<Option<String>, usize>,
    /// Counted from 1.
    places: HashMap<String, usize>,
}

impl Listed {
    fn of(values: &[&Value]) -> Listed {
        let mut listed = Listed::default();
        for (place, value) in (1..).zip(values) {
            *listed.called.entry(own_name(value)).or_default() += 1;
            listed.places.insert(identity(value), place);
        }
        listed
    }
}

impl Labels {
    /// A value of a parameter in a few characters: by its own name if no other value of the grid is
    /// called so, else with its place.
    pub fn shown(&self, key: &str, value: &Value) -> String {
        let listed = self.0.get(key);
        let name = own_name(value);
        let same = listed.and_then(|listed| listed.called.get(&name)).copied().unwrap_or(0);
        let place = listed.and_then(|listed| listed.places.get(&identity(value))).unwrap_or(&1);
        match name {
            Some(name) if same <= 1 => name,
            Some(name) => format!("{name}#{place}"),
            None => format!("#{place}"),
        }
    }
}

impl Tune {
    /// What the values of all parameters are called.
    pub fn labels(&self) -> Labels {
        let of = |key: &str| Listed::of(&self.grid.values(key));
        Labels(self.grid.keys().into_iter().map(|key| (key.to_string(), of(key))).collect())
    }

    /// The name of a parameter in the brackets of a point: its last part, where that tells it
    /// from the others.
    pub fn short<'a>(&self, key: &'a str) -> &'a str {
        let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
        let same = |other: &&str| other.rsplit('.').next() == key.rsplit('.').next();
        if self.grid.keys().iter().filter(|k| same(k)).count() > 1 { key } else { last(key) }
    }

    /// The placeholders that a template may hold.
    pub fn placeholders(&self) -> Vec<String> {
        let keys = self.grid.keys().into_iter().map(|key| self.short(key).to_string());
        keys.chain([SEED.to_string(), FOLD.to_string()]).collect()
    }

    /// The parameter that a placeholder names, by its short name or in full.
    fn meant(&self, placeholder: &str) -> Option<&str> {
        let named = |key: &&str| *key == placeholder || self.short(key) == placeholder;
        self.grid.keys().into_iter().find(named)
    }

    /// What is wrong with the template of names, and what it could say.
    pub fn unnameable(&self) -> Option<(String, String)> {
        let template = self.name.as_deref()?;
        let known = || {
            let known: Vec<_> = self.placeholders().iter().map(|p| format!("{{{p}}}")).collect();
            format!("known here: {}", known.join(", "))
        };
        let pieces = match pieces(template) {
            Ok(pieces) => pieces,
            Err(problem) => return Some((problem, known())),
        };
        let unknown = pieces.iter().find_map(|piece| match piece {
            Piece::Placeholder(SEED | FOLD) | Piece::Text(_) => None,
            Piece::Placeholder(word) => self.meant(word).is_none().then_some(word),
        });
        unknown.map(|word| (format!("the grid does not vary `{word}`"), known()))
    }

    /// The name of a combination's repeat. The seed and the fold are added where there are several
    /// and the template does not say them.
    pub fn point_name(&self, labels: &Labels, combination: &Combination, repeat: Repeat) -> String {
        let template = self.name.as_deref().and_then(|template| pieces(template).ok());
        let mut said = Vec::new();
        let mut name = match template {
            Some(pieces) => {
                let filled = pieces.into_iter().map(|piece| match piece {
                    Piece::Text(text) => text.to_string(),
                    Piece::Placeholder(word) => {
                        said.push(word);
                        self.filled(labels, word, combination, repeat)
                    }
                });
                filled.collect::<String>()
            }
            None => {
                let each = combination.0.iter().map(|chosen| {
                    let value = labels.shown(&chosen.key, &chosen.value);
                    format!("{}={value}", self.short(&chosen.key))
                });
                each.collect::<Vec<_>>().join(",")
            }
        };
        let repeats =
            [(FOLD, self.folds.get(), repeat.fold), (SEED, self.seeds.get(), repeat.seed)];
        for (word, several, k) in repeats {
            if several > 1 && !said.contains(&word) {
                name += &format!("{}{word}={k}", if name.is_empty() { "" } else { "," });
            }
        }
        if name.is_empty() { NONE.into() } else { name }
    }

    fn filled(
        &self,
        labels: &Labels,
        word: &str,
        combination: &Combination,
        repeat: Repeat,
    ) -> String {
        match word {
            SEED if self.meant(SEED).is_none() => repeat.seed.to_string(),
            FOLD if self.meant(FOLD).is_none() => repeat.fold.to_string(),
            word => {
                let key = self.meant(word);
                let value = key.and_then(|key| Some((key, combination.get(key)?)));
                value.map_or(NONE.into(), |(key, value)| labels.shown(key, value))
            }
        }
    }
}

/// Which repeat of a combination a point is, counting up from the stages' own seed and fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub fold: u32,
    pub seed: u32,
}
