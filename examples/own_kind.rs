//! A kind of stage of one's own: `cargo run --release --example own_kind`.
//!
//! It counts the pixels that look like haematoxylin (darker in red than in blue) and writes a CSV.
//! Everything else (parsing, checking, caching, explaining) comes from the engine.

use microtome::{
    data::Ingest,
    engine::{
        Artifact, Context, Files, Judge, Kind, OnFailure, Order, Stage, StageError, Store, execute,
        pipeline, plan,
    },
    stages::OneDataset,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt::Write, fs, sync::atomic::AtomicBool};

/// The parameters are the struct: they are what TOML says and what the key is made of.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nuclei {
    /// By how much blue must exceed red.
    #[serde(default = "thirty")]
    margin: u8,
}

fn thirty() -> u8 {
    30
}

/// The result: one file, `nuclei.csv`.
struct Table(String);

impl Artifact for Table {
    const TYPE: &'static str = "nuclei";
    fn open(files: &Files) -> Result<Table, StageError> {
        let text = fs::read_to_string(files.path("nuclei.csv")?);
        text.map(Table).map_err(|error| StageError::new(error.to_string()))
    }
    fn headline(&self) -> Option<String> {
        Some(format!("{} rows", self.0.lines().count() - 1))
    }
}

impl Stage for Nuclei {
    const KIND: &'static str = "nuclei";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "measures the share of bluish pixels";
    type Inputs = OneDataset;
    type Output = Table;

    fn run(&self, inputs: OneDataset, cx: &Context) -> Result<Table, StageError> {
        let mut table = String::from("id,share\n");
        for (i, row) in inputs.data.rows().iter().enumerate() {
            let pixels = inputs.data.image(i).chunks_exact(3);
            let total = pixels.len() as f64;
            let bluish = pixels.filter(|p| p[2].saturating_sub(p[0]) > self.margin).count();
            let _ = writeln!(table, "{},{:.4}", row.id, bluish as f64 / total);
        }
        let path = cx.out().join("nuclei.csv");
        fs::write(&path, &table).map_err(|error| StageError::new(error.to_string()))?;
        Ok(Table(table))
    }
}

const KINDS: &[Kind] = &[Kind::of::<Ingest>(), Kind::of::<Nuclei>()];

const PIPELINE: &str = r#"
[stage.patches]
kind = "ingest"
source = { synthetic = { count = 100, size = 48, slides = 10 } }

[stage.nuclei]
kind = "nuclei"
data = "patches"
margin = 25
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let parsed = pipeline::parse("own.toml".as_ref(), PIPELINE.into(), &[], KINDS);
    let pipeline = parsed.map_err(|rejected| format!("{:#?}", rejected.problems))?;
    let store = Store::open("cache".as_ref())?;
    let order = Order {
        targets: (0..pipeline.nodes.len()).collect(),
        force: Default::default(),
        jobs: 1,
        on_failure: OnFailure::KeepGoing,
        retry: Default::default(),
        out: "out".into(),
        name: None,
    };
    let tell = |event| println!("{event:?}");
    execute(&pipeline, &store, &order, &AtomicBool::new(false), &tell)?;
    for stage in plan(&Judge::new(&pipeline, &store, Default::default()), &order.targets) {
        println!("{}: {:?}", pipeline.nodes[stage.id].name, stage.key);
    }
    Ok(())
}
