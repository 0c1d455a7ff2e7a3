//! What to try next: a table of rules, each of which looks at one thing and cites the figures.

mod data;
mod models;
mod scores;
mod searches;

use super::values::{
    EvaluationSection, Exploration, ModelScores, ModelSection, Report, SearchSection,
};

/// Something to try, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What to do, as an imperative without a full stop.
    pub action: String,
    /// The figures that speak for it, as a sentence.
    pub reason: String,
}

impl Advice {
    fn new(action: impl Into<String>, reason: String) -> Option<Self> {
        Some(Self { action: action.into(), reason })
    }
}

/// A rule, by what it looks at. It returns `None` where it has nothing to say.
enum Rule {
    Data(fn(&Exploration) -> Option<Advice>),
    Model(fn(&ModelSection) -> Option<Advice>),
    Parameter(fn(&SearchSection, usize) -> Option<Advice>),
    Search(fn(&SearchSection) -> Option<Advice>),
    Scores(fn(&EvaluationSection, &ModelScores) -> Option<Advice>),
    Evaluation(fn(&EvaluationSection) -> Option<Advice>),
    /// An evaluation beside everything else that is known.
    Against(fn(&Report, &EvaluationSection) -> Option<Advice>),
}

/// All rules, in the order in which their advice is given: what makes the figures wrong first.
const RULES: &[Rule] = &[
    Rule::Data(data::leaks),
    Rule::Data(data::conflicting_duplicates),
    Rule::Data(data::unreadable),
    Rule::Data(data::marked),
    Rule::Model(models::diverged),
    Rule::Model(models::no_validation),
    Rule::Model(models::overfits),
    Rule::Model(models::stuck),
    Rule::Model(models::still_improving),
    Rule::Parameter(searches::beyond_the_grid),
    Rule::Search(searches::failed_trials),
    Rule::Search(searches::one_seed),
    Rule::Against(data::no_better_than_colour),
    Rule::Scores(scores::lopsided),
    Rule::Scores(scores::overconfident),
    Rule::Data(data::imbalance),
    Rule::Data(data::few_images),
    Rule::Data(data::stained_unlike),
    Rule::Evaluation(scores::too_few_to_tell),
];

/// The advice of all rules, by the rule, then in the order of the report.
pub fn advice(report: &Report) -> Vec<Advice> {
    let apply = |rule: &Rule| -> Vec<Advice> {
        match rule {
            Rule::Data(rule) => report.exploration.iter().filter_map(rule).collect(),
            Rule::Model(rule) => report.models.iter().filter_map(rule).collect(),
            Rule::Search(rule) => report.searches.iter().filter_map(rule).collect(),
            Rule::Evaluation(rule) => report.evaluations.iter().filter_map(rule).collect(),
            Rule::Against(rule) => {
                report.evaluations.iter().filter_map(|e| rule(report, e)).collect()
            }
            Rule::Parameter(rule) => {
                let places = |s: &SearchSection| 0..s.parameters.len();
                let all = report.searches.iter().flat_map(|s| places(s).map(move |i| (s, i)));
                all.filter_map(|(search, place)| rule(search, place)).collect()
            }
            Rule::Scores(rule) => {
                let all =
                    report.evaluations.iter().flat_map(|e| e.models.iter().map(move |m| (e, m)));
                all.filter_map(|(evaluation, model)| rule(evaluation, model)).collect()
            }
        }
    };
    RULES.iter().flat_map(apply).collect()
}
