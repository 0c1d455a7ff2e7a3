//! `report`: everything that the pipeline found, as one page.

use super::{
    EXPLORATION,
    artifacts::{Evaluation, Model, Page, Search, unwritten},
    errors::Errors,
    page,
};
use crate::{
    data::Exploration,
    engine::{
        Artifact, Complaint, Context, Facts, Files, Given, Inputs, Known, Port, Stage, StageError,
        recipe,
        stage::{Arity, Naming},
    },
    report,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs;

/// Shows results on one self-contained HTML page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The page's title.
    #[serde(default)]
    pub title: String,
    /// What the experiment is about, in a few sentences.
    #[serde(default)]
    pub description: String,
    /// Your notes beside the figures, in Markdown; HTML in them is shown as text.
    #[serde(default)]
    pub notes: String,
    /// The version that made the page, which the page shows; no parameter for users.
    #[serde(skip_deserializing, default = "version")]
    #[schemars(skip)]
    pub made_by: String,
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// The port of what is shown.
const OF: &str = "of";

/// The results to show, in the order in which the user named them.
pub struct Results(Vec<Files>);

impl Inputs for Results {
    const PORTS: &'static [Port] = &[Port {
        name: OF,
        accepts: &[Exploration::TYPE, Model::TYPE, Search::TYPE, Evaluation::TYPE, Errors::TYPE],
        arity: Arity::Many,
        naming: Naming::Named,
    }];
    fn gather(given: &Given) -> Result<Results, StageError> {
        Ok(Results(given.files(OF).to_vec()))
    }
}

impl Stage for Report {
    const KIND: &'static str = "report";
    const VERSION: u32 = 5;
    const ABOUT: &'static str = "shows the data, the training curves, the grid, the comparison of the models and \
                                 their errors on one HTML page";
    type Inputs = Results;
    type Output = Page;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let looks =
            known.values().flatten().filter(|facts| facts.contains_key(EXPLORATION)).count();
        if looks > 1 {
            let message = format!("`of` names {looks} stages of kind `eda`, and a page shows one");
            let help = Some("write a report for each of them".into());
            return Err(vec![Complaint { place: String::new(), message, help }]);
        }
        Ok(Facts::new())
    }

    fn run(&self, inputs: Results, cx: &Context) -> Result<Page, StageError> {
        let title = if self.title.is_empty() { "Experiment report" } else { &self.title };
        let mut page = report::Report {
            title: title.into(),
            description: self.description.clone(),
            notes: self.notes.clone(),
            origin: Some(origin(&self.made_by, &inputs, cx)),
            ..report::Report::default()
        };
        for files in &inputs.0 {
            match files.artifact {
                Exploration::TYPE => page.exploration = Some(page::exploration(files)?),
                Model::TYPE => page.models.push(page::model(files)?),
                Search::TYPE => page.searches.push(page::search(files)?),
                Evaluation::TYPE => page.evaluations.push(page::evaluation(files)?),
                Errors::TYPE => page.errors.push(page::errors(files)?),
                other => return Err(StageError::new(format!("a report cannot show a {other}"))),
            }
        }
        let path = cx.out().join("index.html");
        fs::write(&path, report::render(&page)).map_err(|e| unwritten(&path, &e))?;
        Ok(Page)
    }
}

/// What it takes to make the page again: nothing but what its key is made of.
fn origin(version: &str, inputs: &Results, cx: &Context) -> report::Origin {
    let recipe = cx.recipe();
    let read = recipe.inputs.get(OF).map_or(&[][..], Vec::as_slice);
    let input = |(files, input): (&Files, &recipe::Input)| report::OriginInput {
        stage: files.stage.clone(),
        artifact: files.artifact.into(),
        digest: input.digest.hex(),
    };
    report::Origin {
        version: version.into(),
        key: recipe.key().hex(),
        inputs: inputs.0.iter().zip(read).map(input).collect(),
    }
}
