//! What kinds that look at models have in common: a data set, the models, and the images of a split.

use super::{
    DATA,
    artifacts::{Model, Search},
    known_data, known_size,
};
use crate::{
    data::{Dataset, Split},
    engine::{
        Artifact, Complaint, Files, Given, Inputs, Known, Port, StageError,
        stage::{Arity, Naming},
    },
    nn::Predictor,
};

/// Images predicted at a time; predictions do not depend on it.
pub const BATCH: usize = 64;

/// The port of models.
const MODELS: &str = "models";

/// A data set and the models that are to see it, by the names of their stages.
pub struct DataAndModels {
    pub data: Dataset,
    pub models: Vec<(String, Predictor)>,
}

impl Inputs for DataAndModels {
    const PORTS: &'static [Port] = &[
        DATA,
        Port {
            name: MODELS,
            accepts: &[Model::TYPE, Search::TYPE, Predictor::TYPE],
            arity: Arity::Many,
            naming: Naming::Named,
        },
    ];
    fn gather(given: &Given) -> Result<DataAndModels, StageError> {
        // A search holds its best model under the names of a model's files.
        let open = |files: &Files| Ok((files.stage.clone(), Predictor::open(files)?));
        let models = given.files(MODELS).iter().map(open).collect::<Result<_, StageError>>()?;
        Ok(DataAndModels { data: given.one(DATA.name)?, models })
    }
}

/// A complaint for each model that takes images of another size; `verb` is what is to be done with it.
pub fn misfits(known: &Known, verb: &str) -> Vec<Complaint> {
    let data = known_data(known);
    let models = known.get(MODELS).map_or(&[][..], Vec::as_slice);
    let sizes = models.iter().filter_map(|model| Some((known_size(&data)?, known_size(model)?)));
    let complain = |(has, takes): ((usize, usize), (usize, usize))| Complaint {
        place: String::new(),
        message: format!(
            "a model takes images of {}×{} pixels, and `data` has {}×{}",
            takes.1, takes.0, has.1, has.0
        ),
        help: Some(format!("{verb} it on data of the size that it was trained on")),
    };
    sizes.filter(|(has, takes)| has != takes).map(complain).collect()
}

/// The places of the labelled images of a split.
///
/// # Errors
/// When there are none.
pub fn labelled(data: &Dataset, split: Split) -> Result<Vec<usize>, StageError> {
    let rows = data.indices(split);
    if rows.is_empty() {
        let split = split.name();
        return Err(StageError::new(format!("the {split} split has no labelled image"))
            .with_help("give it a share in the `split` of the preprocess stage"));
    }
    Ok(rows)
}
