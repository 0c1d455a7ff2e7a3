//! Text of the user's stays text, wherever it lands.

use microtome::report::*;

use crate::fixture::{full, model, scored};
use crate::markup::assert_well_formed;

const EVIL: &str = "<script>alert('x')</script>\"&]]>";

#[test]
fn no_text_becomes_markup() {
    let mut report = full();
    let evil = || EVIL.to_owned();
    (report.title, report.description, report.notes) = (evil(), evil(), evil());
    report.origin = Some(Origin {
        version: evil(),
        key: evil(),
        inputs: vec![OriginInput { stage: evil(), artifact: "model".into(), digest: evil() }],
    });
    report.models = vec![ModelSection {
        monitor: Some(evil()),
        settings: vec![Fact::new(EVIL, EVIL)],
        architecture: vec![LayerRow { layer: evil(), output: evil(), parameters: 1 }],
        ..model(EVIL, 5, 0.9)
    }];
    report.evaluations[0].split = evil();
    report.evaluations[0].models = vec![scored(EVIL, 50, 1.0, 1), scored(EVIL, 50, 2.0, 2)];
    let search = &mut report.searches[0];
    (search.stage, search.objective) = (evil(), evil());
    search.parameters = vec![evil(), evil()];
    for trial in &mut search.trials {
        trial.name = evil();
        trial.values[0].push_str(EVIL);
        match &mut trial.outcome {
            Outcome::Scored { metrics, .. } => metrics[0].0 = evil(),
            Outcome::Failed { error } => *error = evil(),
        }
    }
    if let Some(data) = &mut report.exploration {
        data.counts[0].split = evil();
        data.samples[0].caption = evil();
        data.findings[0].items = vec![evil()];
        (data.balance[1].name, data.balance[2].by) = (evil(), evil());
        (data.groups[0].name, data.groups[7].name) = (evil(), evil());
        (data.formats[0].name, data.flaws[0].shown[0]) = (evil(), evil());
        if let Some(staining) = &mut data.staining {
            staining.outlying[0].group = evil();
        }
        if let Some(map) = &mut data.map {
            map.points.iter_mut().for_each(|point| point.group = evil());
            map.axes[0].weights[0].0 = evil();
        }
    }

    let page = render(&report);
    let own = "<script>// What the page does";
    assert_eq!(page.matches("<script").count(), 1, "a script got into the page");
    assert!(page.contains(own), "the page has its own script");
    assert!(page.contains("&lt;script&gt;alert('x')&lt;/script&gt;&quot;&amp;]]&gt;"));
    assert_well_formed(&page);
}
