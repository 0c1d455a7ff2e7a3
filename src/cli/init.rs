//! `microtome init`: a pipeline to start from.

use super::{Exit, Failure, print};
use clap::{Args, ValueEnum};
use std::{fs, path::PathBuf};

#[derive(Args)]
pub struct Init {
    /// The file to write
    #[arg(value_name = "PIPELINE", default_value = "pipeline.toml")]
    pipeline: PathBuf,
    /// What the pipeline should do
    #[arg(long, value_enum, default_value_t = Template::Quickstart)]
    from: Template,
}

#[derive(Clone, Copy, ValueEnum)]
enum Template {
    /// Synthetic tissue, all seven kinds of stages, under two minutes
    Quickstart,
    /// Kaggle's histopathologic-cancer-detection folder
    Kaggle,
    /// A folder of classes with patients, as the IDC data set
    Idc,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Template::Quickstart => include_str!("../../pipelines/quickstart.toml"),
            Template::Kaggle => include_str!("../../pipelines/kaggle.toml"),
            Template::Idc => include_str!("../../pipelines/idc.toml"),
        }
    }
}

impl Init {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let path = self.pipeline.display();
        if self.pipeline.exists() {
            return Err(Failure::new(Exit::Wrong, format!("{path} is there already"))
                .with_help("give another name, or remove it first"));
        }
        if let Some(folder) = self.pipeline.parent() {
            let made = fs::create_dir_all(folder);
            made.map_err(|e| {
                Failure::new(Exit::Failed, format!("cannot make {}: {e}", folder.display()))
            })?;
        }
        fs::write(&self.pipeline, self.from.text())
            .map_err(|e| Failure::new(Exit::Failed, format!("cannot write {path}: {e}")))?;
        print(&format!("wrote {path}; next: microtome run {path}"));
        Ok(Exit::Done)
    }
}
