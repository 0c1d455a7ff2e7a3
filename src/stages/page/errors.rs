//! What is known of models' errors, as the report's values.

use super::picture;
use crate::{
    engine::{Artifact, Files, StageError},
    nn::Method,
    report::{
        ErrorBin, ErrorGallery, ErrorImage, ErrorMeasure, ErrorsSection, Inside, Looked,
        ModelErrors,
    },
    stages::errors::{self, Bin, Errors, Example, Gallery, Measured},
};

/// A look at errors with its pictures.
pub fn errors(files: &Files) -> Result<ErrorsSection, StageError> {
    let found = Errors::open(files)?;
    let models = found.models.into_iter().map(|model| self::model(files, model));
    Ok(ErrorsSection {
        stage: files.stage.clone(),
        split: found.split.name().into(),
        models: models.collect::<Result<_, _>>()?,
    })
}

fn model(files: &Files, model: errors::ModelErrors) -> Result<ModelErrors, StageError> {
    let galleries = model.galleries.into_iter().map(|shown| gallery(files, shown));
    Ok(ModelErrors {
        model: model.model,
        threshold: model.threshold,
        images: model.images as u64,
        wrong: model.wrong as u64,
        galleries: galleries.collect::<Result<_, _>>()?,
        measures: model.measures.into_iter().map(measure).collect(),
        looked: model.looked.map(|looked| self::looked(files, looked)).transpose()?,
    })
}

fn gallery(files: &Files, gallery: Gallery) -> Result<ErrorGallery, StageError> {
    let image = |example: Example| ErrorImage {
        id: example.id,
        group: example.group,
        probability: example.probability.into(),
        inside: example.inside,
    };
    Ok(ErrorGallery {
        outcome: gallery.outcome.words().into(),
        total: gallery.total as u64,
        picture: gallery.picture.map(|name| picture(files, &name)).transpose()?,
        images: gallery.images.into_iter().map(image).collect(),
    })
}

fn measure(measured: Measured) -> ErrorMeasure {
    let bin = |bin: Bin| ErrorBin {
        from: bin.from,
        to: bin.to,
        images: bin.images as u64,
        wrong: bin.wrong as u64,
        rate: bin.rate,
        low: bin.low,
        high: bin.high,
    };
    ErrorMeasure {
        measure: measured.measure,
        unit: measured.unit,
        bins: measured.bins.into_iter().map(bin).collect(),
    }
}

fn looked(files: &Files, looked: errors::Looked) -> Result<Looked, StageError> {
    let inside = |inside: errors::Inside| Inside {
        images: inside.images as u64,
        mean: inside.mean,
        low: inside.low,
        high: inside.high,
    };
    let examples = looked.examples.into_iter().map(|shown| gallery(files, shown));
    Ok(Looked {
        method: match looked.method {
            Method::GradCam => "Grad-CAM".into(),
            Method::Occlusion => "occlusion".into(),
        },
        picture: picture(files, &looked.picture)?,
        examples: examples.collect::<Result<_, _>>()?,
        right: looked.right.map(inside),
        wrong: looked.wrong.map(inside),
    })
}
