//! More toys: one that refuses some inputs, one with two named ports, one with a file a word.

use crate::{
    toys::{Echo, Join, Loud, Quote, Read, Say, Text, Trim},
    trying::{Longest, Try},
};
use microtome::engine::{
    Context, Given, Inputs, Kind, Port, Stage, StageError,
    stage::{Arity, Naming},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs;

pub const KINDS: &[Kind] = &[
    Kind::of::<Say>(),
    Kind::of::<Trim>(),
    Kind::of::<Join>(),
    Kind::of::<Read>(),
    Kind::of::<Quote>(),
    Kind::of::<Try>(),
    Kind::of::<Longest>(),
    Kind::of::<Loud>(),
    Kind::of::<Echo>(),
    Kind::of::<Measure>(),
    Kind::of::<Words>(),
    Kind::of::<Splice>(),
];

const fn text_at(name: &'static str) -> Port {
    Port { name, accepts: &["text"], arity: Arity::One, naming: Naming::Anonymous }
}

pub struct Of(Text);
impl Inputs for Of {
    const PORTS: &'static [Port] = &[text_at("of")];
    fn gather(given: &Given) -> Result<Of, StageError> {
        Ok(Of(given.one("of")?))
    }
}

pub struct Halves(Text, Text);
impl Inputs for Halves {
    const PORTS: &'static [Port] = &[text_at("left"), text_at("right")];
    fn gather(given: &Given) -> Result<Halves, StageError> {
        Ok(Halves(given.one("left")?, given.one("right")?))
    }
}

/// The number of letters: few texts differ in it, so that little that changes is seen behind it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    limit: usize,
}
impl Stage for Measure {
    const KIND: &'static str = "measure";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "counts letters, up to a limit";
    type Inputs = Of;
    type Output = Text;
    fn run(&self, inputs: Of, cx: &Context) -> Result<Text, StageError> {
        match inputs.0.0.len() {
            long if long > self.limit => Err(StageError::new("too long")),
            short => Ok(Text(short.to_string()).write(cx)),
        }
    }
}

/// A file a word, so that results differ in the names of their files.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {}
impl Stage for Words {
    const KIND: &'static str = "words";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "takes a text apart";
    type Inputs = Of;
    type Output = Text;
    fn run(&self, inputs: Of, cx: &Context) -> Result<Text, StageError> {
        fs::create_dir_all(cx.out().join("word")).unwrap();
        for (i, word) in inputs.0.0.split_whitespace().enumerate() {
            fs::write(cx.out().join(format!("word/{i}")), word).unwrap();
        }
        Ok(Text("words".into()).write(cx))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Splice {}
impl Stage for Splice {
    const KIND: &'static str = "splice";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "puts two texts together";
    type Inputs = Halves;
    type Output = Text;
    fn run(&self, inputs: Halves, cx: &Context) -> Result<Text, StageError> {
        Ok(Text(format!("{}|{}", inputs.0.0, inputs.1.0)).write(cx))
    }
}
