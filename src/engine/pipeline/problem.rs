//! What is wrong with a pipeline, and where; the command line draws it.

use super::{
    de::{DeError, Fault, list},
    value::Span,
};

/// One thing wrong, with its place and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What it belongs to, such as "stage `cnn` (train)"; said before the message.
    pub owner: Option<String>,
    pub message: String,
    /// The place to put the caret under, and what to say there.
    pub at: Option<(Span, String)>,
    /// Other places that belong to it: the other end of an edge, the rest of a cycle.
    pub also: Vec<(Span, String)>,
    pub help: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { owner: None, message: message.into(), at: None, also: Vec::new(), help: None }
    }
    pub fn of(mut self, owner: impl Into<String>) -> Problem {
        self.owner = Some(owner.into());
        self
    }
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Problem {
        self.at = Some((span, label.into()));
        self
    }
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Problem {
        self.also.push((span, label.into()));
        self
    }
    pub fn help(mut self, what_to_do: impl Into<String>) -> Problem {
        self.help = Some(what_to_do.into());
        self
    }

    /// The whole message.
    pub fn title(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{owner}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Says a parameter's fault.
    pub fn with_value(error: DeError, fallback: Span) -> Problem {
        let span = error.span.unwrap_or(fallback);
        match error.fault {
            Fault::UnknownKey { name, known } => Problem::new(format!("unknown key `{name}`"))
                .at(span, "not known here")
                .help(nearest_of(&name, known)),
            Fault::UnknownChoice { name, known } => {
                Problem::new(format!("`{name}` is not a choice here"))
                    .at(span, format!("expected {}", list(known)))
                    .help(nearest_of(&name, known))
            }
            Fault::MissingKey { name } => Problem::new(format!("missing key `{name}`"))
                .at(span, format!("`{name}` belongs here"))
                .help(format!("add `{name} = …`")),
            Fault::WrongValue { found, expected } => {
                Problem::new(format!("expected {expected}, found {found}"))
                    .at(span, format!("expected {expected}"))
            }
            Fault::Other { message } => Problem::new(message).at(span, "here"),
        }
    }
}

/// The texts that a pipeline is made of: its file, and each `--set`.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub Vec<(String, String)>);

/// A place in a text; lines and columns (in characters) count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub file: &'a str,
    pub line: usize,
    pub column: usize,
}

impl Texts {
    /// Adds a text under the name that messages show; gives its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        self.0.push((name.into(), text.into()));
        self.0.len() as u32 - 1
    }

    /// Where a place begins, as editors count.
    pub fn place(&self, span: Span) -> Option<Place<'_>> {
        let (file, text) = self.0.get(span.text as usize)?;
        let before = text.get(..span.start as usize)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some(Place { file, line, column })
    }

    /// The characters at a place.
    pub fn at(&self, span: Span) -> &str {
        let text = self.0.get(span.text as usize).map_or("", |(_, text)| text);
        text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// "did you mean `lr`?" where a known name is near, else the known names.
pub fn nearest_of(name: &str, known: &[impl AsRef<str>]) -> String {
    let near = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k.as_ref()), k.as_ref()))
        .min()
        .filter(|(distance, _)| *distance <= 1 + name.chars().count() / 4);
    match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<&str> = known.iter().map(|k| k.as_ref()).collect();
            format!("known here: {}", list(&names).replace(" or ", " and "))
        }
    }
}
