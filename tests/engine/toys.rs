//! Toy stages: the engine needs neither images nor networks.

use crate::trying::{Longest, Try};
use microtome::engine::{
    Artifact, Complaint, Context, Facts, Files, Given, Inputs, Kind, Known, Port, Stage,
    StageError,
    source::{Root, SourceFiles},
    stage::{Arity, Naming, Shared},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

pub const KINDS: &[Kind] = &[
    Kind::of::<Say>(),
    Kind::of::<Trim>(),
    Kind::of::<Join>(),
    Kind::of::<Read>(),
    Kind::of::<Quote>(),
    Kind::of::<Count>(),
    Kind::of::<Fail>(),
    Kind::of::<Try>(),
    Kind::of::<Longest>(),
    Kind::of::<Loud>(),
    Kind::of::<Echo>(),
    Kind::of::<Fickle>(),
];

/// An artifact of one file, `text`.
pub struct Text(pub String);
impl Artifact for Text {
    const TYPE: &'static str = "text";
    fn open(files: &Files) -> Result<Text, StageError> {
        Ok(Text(fs::read_to_string(files.path("text")?).unwrap()))
    }
    fn headline(&self) -> Option<String> {
        Some(format!("{} letters", self.0.chars().count()))
    }
    fn shortfalls(&self) -> Vec<String> {
        let demanded = self.0.strip_prefix("more ");
        demanded.map(|what| format!("more {what} was wanted")).into_iter().collect()
    }
}
impl Text {
    pub fn write(self, cx: &Context) -> Text {
        fs::write(cx.out().join("text"), &self.0).unwrap();
        self
    }
}

/// An artifact that no text port takes.
pub struct Number;
impl Artifact for Number {
    const TYPE: &'static str = "number";
    fn open(_: &Files) -> Result<Number, StageError> {
        Ok(Number)
    }
}

pub struct OneText(Text);
impl Inputs for OneText {
    const PORTS: &'static [Port] =
        &[Port { name: "of", accepts: &["text"], arity: Arity::One, naming: Naming::Anonymous }];
    fn gather(given: &Given) -> Result<OneText, StageError> {
        Ok(OneText(given.one("of")?))
    }
}

pub struct NamedTexts(pub Vec<(String, Text)>);
pub fn named(given: &Given, port: &str) -> Result<NamedTexts, StageError> {
    let open = |f: &Files| Ok((f.stage.clone(), Text::open(f)?));
    Ok(NamedTexts(given.files(port).iter().map(open).collect::<Result<_, StageError>>()?))
}
impl Inputs for NamedTexts {
    const PORTS: &'static [Port] =
        &[Port { name: "of", accepts: &["text"], arity: Arity::Many, naming: Naming::Named }];
    fn gather(given: &Given) -> Result<NamedTexts, StageError> {
        named(given, "of")
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    text: String,
    #[serde(default)]
    style: Style,
    #[serde(default)]
    seed: u64,
}
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Style {
    #[default]
    Plain,
    Repeat(Repeat),
}
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    #[serde(default = "two")]
    times: u32,
}
fn two() -> u32 {
    2
}
impl Stage for Say {
    const KIND: &'static str = "say";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "says a text";
    type Inputs = ();
    type Output = Text;
    fn check(&self, _: &Known) -> Result<Facts, Vec<Complaint>> {
        if self.text.is_empty() {
            let message = "an empty text".to_string();
            return Err(vec![Complaint { place: "text".into(), message, help: None }]);
        }
        Ok(Facts::new())
    }
    fn run(&self, _: (), cx: &Context) -> Result<Text, StageError> {
        let times = match &self.style {
            Style::Plain => 1,
            Style::Repeat(Repeat { times }) => *times as usize,
        };
        if self.text == "fail" {
            cx.note("about to fail");
            return Err(StageError::new("it went wrong").with_help("say something else"));
        }
        let seed = if self.seed > 0 { self.seed.to_string() } else { String::new() };
        Ok(Text(self.text.repeat(times) + &seed).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trim {}
impl Stage for Trim {
    const KIND: &'static str = "trim";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "takes white space away";
    type Inputs = OneText;
    type Output = Text;
    fn run(&self, inputs: OneText, cx: &Context) -> Result<Text, StageError> {
        Ok(Text(inputs.0.0.trim().into()).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {}
impl Stage for Join {
    const KIND: &'static str = "join";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "joins texts under their names";
    type Inputs = NamedTexts;
    type Output = Text;
    fn run(&self, inputs: NamedTexts, cx: &Context) -> Result<Text, StageError> {
        let lines = inputs.0.iter().map(|(name, text)| format!("{name}={}\n", text.0));
        Ok(Text(lines.collect()).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    #[serde(skip_serializing)]
    dir: PathBuf,
}
impl Stage for Read {
    const KIND: &'static str = "read";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "reads the .txt files of a folder";
    type Inputs = ();
    type Output = Text;
    fn sources(&self) -> Vec<SourceFiles> {
        vec![SourceFiles {
            name: "dir".into(),
            root: Root::Folder(
                self.dir.clone(),
                Arc::new(|path| path.extension().is_some_and(|e| e == "txt")),
            ),
        }]
    }
    fn run(&self, _: (), cx: &Context) -> Result<Text, StageError> {
        let mut files: Vec<_> =
            fs::read_dir(&self.dir).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
        files.sort();
        let earlier = cx.earlier();
        for name in files.iter().map(|file| file.file_name().unwrap().to_string_lossy()) {
            if !earlier.as_ref().is_some_and(|earlier| earlier.has("dir", &name)) {
                cx.note(format!("new: {name}"));
            }
        }
        if files.iter().any(|f| f.ends_with("moves.txt")) {
            fs::write(self.dir.join("moves.txt"), "written while it was read").unwrap();
        }
        Ok(Text(files.iter().map(|f| fs::read_to_string(f).unwrap()).collect()).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    #[serde(skip_serializing)]
    file: PathBuf,
}
impl Stage for Quote {
    const KIND: &'static str = "quote";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "reads a single file";
    type Inputs = ();
    type Output = Text;
    fn sources(&self) -> Vec<SourceFiles> {
        vec![SourceFiles { name: "file".into(), root: Root::File(self.file.clone()) }]
    }
    fn run(&self, _: (), cx: &Context) -> Result<Text, StageError> {
        Ok(Text(fs::read_to_string(&self.file).unwrap()).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {}
impl Stage for Count {
    const KIND: &'static str = "count";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "gives a number";
    type Inputs = ();
    type Output = Number;
    fn run(&self, _: (), cx: &Context) -> Result<Number, StageError> {
        fs::write(cx.out().join("number"), "7").unwrap();
        Ok(Number)
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum How {
    Error,
    Panic,
    Interrupt,
}
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    how: How,
}
impl Stage for Fail {
    const KIND: &'static str = "fail";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "fails";
    type Inputs = ();
    type Output = Text;
    fn run(&self, _: (), cx: &Context) -> Result<Text, StageError> {
        fs::write(cx.out().join("text"), "half").unwrap();
        match self.how {
            How::Error => Err(StageError::new("it went wrong").with_help("do it right")),
            How::Panic => panic!("out of cheese"),
            How::Interrupt => Err(StageError::Interrupted),
        }
    }
}

/// A stage whose version can be told apart from `say`'s, with a file in a folder.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loud {}
impl Stage for Loud {
    const KIND: &'static str = "loud";
    const VERSION: u32 = 3;
    const ABOUT: &'static str = "computes with tensors, it says";
    const TENSORS: bool = true;
    type Inputs = OneText;
    type Output = Text;
    fn run(&self, inputs: OneText, cx: &Context) -> Result<Text, StageError> {
        fs::create_dir_all(cx.out().join("deep/er")).unwrap();
        fs::write(cx.out().join("deep/er/echo"), "echo").unwrap();
        Ok(Text(inputs.0.0.to_uppercase()).write(cx))
    }
}

/// Repeats what it reads; where it is asked to, what `loud` makes of it, which echoes share.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    times: usize,
    loud: bool,
}
pub struct Heard {
    plain: Text,
    loud: Option<Text>,
}
impl Inputs for Heard {
    const PORTS: &'static [Port] = &[
        Port { name: "of", accepts: &["text"], arity: Arity::One, naming: Naming::Anonymous },
        Port { name: "loud", accepts: &["text"], arity: Arity::Shared, naming: Naming::Anonymous },
    ];
    fn gather(given: &Given) -> Result<Heard, StageError> {
        Ok(Heard { plain: given.one("of")?, loud: given.at_most_one("loud")? })
    }
}
impl Stage for Echo {
    const KIND: &'static str = "echo";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "repeats a text";
    type Inputs = Heard;
    type Output = Text;
    fn shared(&self) -> Option<Shared> {
        let params = serde_json::json!({});
        self.loud.then(|| Shared { kind: "loud", params, name: "voice".into(), port: "loud" })
    }
    fn run(&self, inputs: Heard, cx: &Context) -> Result<Text, StageError> {
        let text = inputs.loud.unwrap_or(inputs.plain).0;
        Ok(Text(text.repeat(self.times)).write(cx))
    }
}

/// Says another number each time, which no stage may.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fickle {}
impl Stage for Fickle {
    const KIND: &'static str = "fickle";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "counts how often it ran";
    type Inputs = ();
    type Output = Text;
    fn run(&self, _: (), cx: &Context) -> Result<Text, StageError> {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        Ok(Text(RUNS.fetch_add(1, Ordering::Relaxed).to_string()).write(cx))
    }
}
