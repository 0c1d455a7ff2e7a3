//! Known architectures with the parameter names of their published weights. To add one: write how
//! it is built, and add its row to [`TABLE`].

mod cnn;
mod densenet;
mod efficientnet;
mod resnet;
mod settings;
mod transfer;
mod vgg;

pub use settings::{Classifier, Freeze, PartRates, Preset, Settings};

use super::kernels::After;
use super::layer::{Conv, Padding};
use super::model::{EPSILON, Summary};
use super::plan::{Builder, Plan, Value};
use crate::data::Normalization;

/// A known architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Architecture(usize);

/// A row of the table of architectures.
struct Row {
    name: &'static str,
    about: &'static str,
    build: fn(&mut Builder, &Settings) -> Result<Value, String>,
    /// How the images of its published weights were normalised.
    normalization: Option<Normalization>,
    /// The first part of its head's names: what comes before `.weight`.
    head: &'static str,
    /// The share of values dropped before the head, unless the user says otherwise.
    dropout: f64,
}

/// Also what <https://github.com/akamaster/pytorch_resnet_cifar10> trained its networks with.
const IMAGENET: Option<Normalization> =
    Some(Normalization { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] });
/// (byte − 127) / 128.
const LITE: Option<Normalization> =
    Some(Normalization { mean: [127.0 / 255.0; 3], sd: [128.0 / 255.0; 3] });

const fn row(
    name: &'static str,
    about: &'static str,
    build: fn(&mut Builder, &Settings) -> Result<Value, String>,
) -> Row {
    Row { name, about, build, normalization: IMAGENET, head: "fc", dropout: 0.0 }
}

/// Every architecture.
const TABLE: &[Row] = &[
    Row {
        normalization: None,
        head: "head",
        dropout: 0.5,
        ..row("basic_cnn", "three convolutions with pools", cnn::basic)
    },
    Row {
        normalization: None,
        head: "head",
        dropout: 0.2,
        ..row("bn_cnn", "six convolutions with batch norm and dropout", cnn::bn)
    },
    Row {
        head: "classifier",
        ..row("vgg11", "VGG-11", |b, s| vgg::build(b, s, &vgg::VGG11, vgg::PLAIN))
    },
    Row {
        head: "classifier",
        ..row("vgg11_bn", "VGG-11 with batch norm", |b, s| {
            vgg::build(b, s, &vgg::VGG11, vgg::NORMED)
        })
    },
    Row {
        head: "classifier",
        ..row("vgg13", "VGG-13", |b, s| vgg::build(b, s, &vgg::VGG13, vgg::PLAIN))
    },
    Row {
        head: "classifier",
        ..row("vgg13_bn", "VGG-13 with batch norm", |b, s| {
            vgg::build(b, s, &vgg::VGG13, vgg::NORMED)
        })
    },
    Row {
        head: "classifier",
        ..row("vgg16", "VGG-16", |b, s| vgg::build(b, s, &vgg::VGG16, vgg::PLAIN))
    },
    Row {
        head: "classifier",
        ..row("vgg16_bn", "VGG-16 with batch norm", |b, s| {
            vgg::build(b, s, &vgg::VGG16, vgg::NORMED)
        })
    },
    Row {
        head: "classifier",
        ..row("vgg19", "VGG-19", |b, s| vgg::build(b, s, &vgg::VGG19, vgg::PLAIN))
    },
    Row {
        head: "classifier",
        ..row("vgg19_bn", "VGG-19 with batch norm", |b, s| {
            vgg::build(b, s, &vgg::VGG19, vgg::NORMED)
        })
    },
    row("resnet18", "ResNet-18", |b, s| resnet::imagenet(b, s, [2, 2, 2, 2], resnet::basic)),
    row("resnet34", "ResNet-34", |b, s| resnet::imagenet(b, s, [3, 4, 6, 3], resnet::basic)),
    row("resnet50", "ResNet-50", |b, s| resnet::imagenet(b, s, [3, 4, 6, 3], resnet::bottleneck)),
    Row {
        head: "linear",
        ..row("resnet20", "ResNet-20 for small images", |b, s| resnet::cifar(b, s, 3))
    },
    Row {
        head: "linear",
        ..row("resnet32", "ResNet-32 for small images", |b, s| resnet::cifar(b, s, 5))
    },
    Row {
        head: "linear",
        ..row("resnet44", "ResNet-44 for small images", |b, s| resnet::cifar(b, s, 7))
    },
    Row {
        head: "linear",
        ..row("resnet56", "ResNet-56 for small images", |b, s| resnet::cifar(b, s, 9))
    },
    Row {
        normalization: LITE,
        head: "_fc",
        dropout: 0.2,
        ..row("efficientnet_lite0", "EfficientNet-Lite0", efficientnet::lite0)
    },
    Row { head: "classifier", ..row("densenet121", "DenseNet-121", densenet::densenet121) },
];

impl Architecture {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Architecture> {
        (0..TABLE.len()).map(Architecture)
    }

    /// The one that is called `name`.
    pub fn named(name: &str) -> Option<Architecture> {
        TABLE.iter().position(|row| row.name == name).map(Architecture)
    }

    /// As it is written in TOML.
    pub fn name(self) -> &'static str {
        TABLE[self.0].name
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        TABLE[self.0].about
    }

    /// How the images that its published weights were trained on were normalised; none for an
    /// architecture of our own.
    pub fn normalization(self) -> Option<Normalization> {
        TABLE[self.0].normalization
    }

    /// The share of values dropped before the head, unless the user says otherwise.
    pub fn dropout(self) -> f64 {
        TABLE[self.0].dropout
    }

    /// What may be chosen for its classifier.
    pub(crate) fn classifiers(self) -> &'static [Classifier] {
        match self.name().starts_with("vgg") {
            true => &[Classifier::Pooled, Classifier::Hidden],
            false => &[Classifier::Pooled],
        }
    }
}

impl Preset {
    /// The network's plan, and a line for each of its blocks.
    pub(crate) fn build(&self, mut builder: Builder) -> Result<(Plan, Vec<Summary>), String> {
        (TABLE[self.architecture.0].build)(&mut builder, &self.settings_of())?;
        let plan = builder.finish();
        let summary = (0..=plan.head()).filter_map(|block| {
            let last = plan.nodes.iter().rfind(|node| node.block == block)?;
            let parameters = plan.parameters.iter().filter(|p| p.block == block);
            let name = if block == plan.head() { "head".into() } else { format!("block {block}") };
            let parameters = parameters.map(|p| p.shape.iter().product::<usize>()).sum();
            Some(Summary { name, shape: last.shape, parameters })
        });
        let summary = summary.collect();
        Ok((plan, summary))
    }

    /// Whether a parameter of this name belongs to the head.
    pub(crate) fn is_head(&self, name: &str) -> bool {
        let head = match self.settings.classifier {
            Classifier::Pooled => TABLE[self.architecture.0].head,
            Classifier::Hidden => vgg::LAST,
        };
        name.strip_prefix(head).is_some_and(|rest| rest.starts_with('.'))
    }

    /// The settings with the architecture's own dropout filled in.
    fn settings_of(&self) -> Settings {
        let own = match self.settings.classifier {
            Classifier::Pooled => self.architecture.dropout(),
            Classifier::Hidden => vgg::DROPOUT,
        };
        let dropout = self.settings.dropout.or(Some(own));
        Settings { dropout, ..self.settings.clone() }
    }
}

/// What most heads are: global average pooling, dropout, one logit.
fn head(builder: &mut Builder, settings: &Settings, name: &str, x: Value) -> Result<Value, String> {
    // The pool is still the backbone's: what a frozen backbone gives is then a vector.
    let x = builder.global_avg_pool(x);
    builder.next_block();
    let x = drop(builder, settings, x)?;
    builder.dense(name, x, &1.into())
}

/// A convolution without bias, with zeros around the map so that a stride of 1 keeps its size.
fn conv(
    b: &mut Builder,
    name: &str,
    x: Value,
    filters: usize,
    kernel: usize,
    stride: usize,
) -> Result<Value, String> {
    let padding = Padding::Pixels(kernel / 2);
    b.conv(name, x, &Conv { kernel, stride, padding, bias: false, ..filters.into() })
}

/// A batch norm and a ReLU.
fn norm_relu(b: &mut Builder, name: &str, x: Value) -> Value {
    let x = b.norm(name, x, EPSILON);
    b.activation(After::Relu, x)
}

/// Dropout, where there is any.
fn drop(builder: &mut Builder, settings: &Settings, x: Value) -> Result<Value, String> {
    match settings.dropout {
        Some(rate) if rate > 0.0 => builder.dropout(x, rate),
        _ => Ok(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a file whose logits are others, only the last layer is replaced: see torchvision's names.
    #[test]
    fn hidden_layers_are_no_part_of_the_head() {
        let heads = |classifier| {
            let architecture = Architecture::named("vgg16").unwrap();
            let settings = Settings { classifier, ..Settings::default() };
            let preset = Preset { architecture, settings };
            let names = ["classifier.weight", "classifier.0.weight", "classifier.3.bias"];
            [&names[..], &["classifier.6.weight", "features.0.weight"]]
                .concat()
                .into_iter()
                .filter(|name| preset.is_head(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(heads(Classifier::Hidden), ["classifier.6.weight"]);
        assert_eq!(heads(Classifier::Pooled).len(), 4, "whatever the file's classifier is");
    }
}
