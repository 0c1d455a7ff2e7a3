//! `microtome init`: a pipeline to start from.

use super::{Exit, Failure, print, say};
use clap::{Args, ValueEnum};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub struct Init {
    /// The file to write
    #[arg(value_name = "PIPELINE", default_value = "pipeline.toml")]
    pipeline: PathBuf,
    /// What the pipeline should do
    #[arg(long, value_enum, default_value_t = Template::Quickstart)]
    from: Template,
    /// Instead write a workflow for GitHub Actions that checks PIPELINE, a path within the
    /// repository in DIR [default: the working directory]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    ci: Option<PathBuf>,
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
        if let Some(repository) = &self.ci {
            return self.workflow(repository);
        }
        write_new(&self.pipeline, self.from.text())?;
        let path = self.pipeline.display();
        print(&format!("wrote {path}; next: microtome run {path}"));
        Ok(Exit::Done)
    }

    fn workflow(&self, repository: &Path) -> Result<Exit, Failure> {
        if !repository.is_dir() {
            let message = format!("{} is not a folder", repository.display());
            return Err(Failure::new(Exit::Wrong, message)
                .with_help("`--ci` takes the repository's folder, and the pipeline stands before it: `microtome init pipeline.toml --ci .`"));
        }
        let path = repository.join(".github/workflows/microtome.yml");
        write_new(&path, &workflow(&self.pipeline)?)?;
        print(&format!(
            "wrote {}; next: put microtome's source where it says, commit both and {}",
            path.display(),
            self.pipeline.with_extension("lock").display()
        ));
        if !repository.join(&self.pipeline).is_file() {
            say(&format!("note: there is no {} yet", self.pipeline.display()));
        }
        Ok(Exit::Done)
    }
}

/// The workflow for a pipeline. Its path stands in YAML, in a shell and in an expression, so only
/// characters that mean nothing in any of them may be in it.
fn workflow(pipeline: &Path) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let path = pipeline.to_str().map(|path| path.trim_start_matches("./"));
    let within = |path: &&str| {
        !path.starts_with(['/', '-'])
            && !path.split('/').any(|part| part == "..")
            && path.chars().all(plain)
    };
    let Some(path) = path.filter(within) else {
        let message = format!("{} cannot stand in a workflow", pipeline.display());
        return Err(Failure::new(Exit::Wrong, message).with_help(
            "give its path from the repository's folder, of letters, digits, `.`, `_`, `-` and `/`",
        ));
    };
    let lock = Path::new(path).with_extension("lock").display().to_string();
    let text = include_str!("ci/workflow.yml");
    Ok(text.replace("PIPELINE_PATH", path).replace("LOCK_PATH", &lock))
}

/// Writes a file that must not be there yet.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.display();
    if path.exists() {
        return Err(Failure::new(Exit::Wrong, format!("{name} is there already"))
            .with_help("give another name, or remove it first"));
    }
    if let Some(folder) = path.parent() {
        let made = fs::create_dir_all(folder);
        made.map_err(|e| {
            Failure::new(Exit::Failed, format!("cannot make {}: {e}", folder.display()))
        })?;
    }
    fs::write(path, text)
        .map_err(|e| Failure::new(Exit::Failed, format!("cannot write {name}: {e}")))
}
