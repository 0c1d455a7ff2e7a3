use expect_test::expect;
use microtome::report::*;

use crate::fixture::{full, scored};

#[test]
fn equal_values_give_equal_bytes() {
    assert_eq!(render(&full()), render(&full()));
}

#[test]
fn the_page_stands_alone() {
    let mut report = full();
    report.notes.clear(); // a link in them is the author's, and is followed by readers only
    let page = render(&report);
    for outside in ["http:", "https:", " src=\"/", "<link", "@import", "url(", "fetch(", "XMLHttp"]
    {
        assert!(!page.contains(outside), "{outside} in the page");
    }
    assert!(page.contains("default-src 'none'"), "the browser is told so too");
}

/// The text of a heading, from its attributes on.
fn text(heading: &str) -> &str {
    heading.split_once('>').unwrap().1.split("</h2>").next().unwrap()
}

#[test]
fn sections_come_in_reading_order() {
    let page = render(&full());
    let titles: Vec<&str> = page.split("<h2 ").skip(1).map(text).collect();
    expect![[r#"
        What helped
        What to try next
        Notes
        The data
        Models
        Training
        Search: search
        Evaluation on the test split
        Errors on the test split
        Reproduction"#]]
    .assert_eq(&titles.join("\n"));
}

#[test]
fn the_scores_table_has_the_best_in_bold() {
    let mut report = full();
    let [a, b] = &mut report.evaluations[0].models[..] else { panic!("two models") };
    (a.scores.auc, b.scores.auc) = (Some(0.9), Some(0.95));
    (a.intervals, b.intervals) = Default::default();
    (a.scores.log_loss, b.scores.log_loss) = (Some(0.2), Some(0.3));
    let page = render(&report);
    let row = |model: &str| {
        let start = format!("<th scope=\"row\">{model}</th>");
        page.split(&start).nth(1).unwrap().split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("resnet").contains("<td><strong>0.9500</strong><small> ± 0.0"));
    assert!(row("cnn").contains("<td>0.9000<small>"));
    assert!(row("cnn").contains("<strong>0.2000</strong>"));
    assert!(row("resnet").contains("<td>0.3000</td>"));
}

#[test]
fn a_confusion_matrix_by_hand() {
    use microtome::metrics::Scores;
    // Two of three negatives left alone, one of two positives found.
    let scores = Scores::of(&[0, 0, 0, 1, 1], &[0.1, 0.2, 0.9, 0.8, 0.3], 0.5).unwrap();
    let models =
        vec![ModelScores { model: "cnn".into(), scores, roc: None, ..ModelScores::default() }];
    let section = EvaluationSection {
        stage: "s".into(),
        split: "test".into(),
        models,
        ..EvaluationSection::default()
    };
    let page = render(&Report { evaluations: vec![section], ..Report::default() });
    let matrix =
        page.split("<table class=\"matrix\">").nth(1).unwrap().split("</table>").next().unwrap();
    expect![[r#"
        <caption>cnn
        <thead>
        <tr>
        <td>
        <th scope="col">called negative
        <th scope="col">called positive
        <tbody>
        <tr>
        <th scope="row">is negative
        <td class="right" style="--share:0.667">
        <b>2
        <small>66.7%
        <td class="wrong" style="--share:0.333">
        <b>1
        <small>33.3%
        <tr>
        <th scope="row">is positive
        <td class="wrong" style="--share:0.500">
        <b>1
        <small>50.0%
        <td class="right" style="--share:0.500">
        <b>1
        <small>50.0%"#]]
    .assert_eq(&lines(matrix));
}

/// Markup with a start tag and its text on each line, end tags left out.
fn lines(markup: &str) -> String {
    let starts = markup.split('<').filter(|tag| !tag.is_empty() && !tag.starts_with('/'));
    starts.map(|tag| format!("<{tag}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_roc_curve_by_hand() {
    use microtome::metrics::{Scores, roc};
    // Corners (0,0) (0,½) (½,½) (½,1) (1,1). The square inside the axes is 370 wide, from x = 54 and
    // down to y = 382: ½ lies at 239 and 197. At threshold 0.5 specificity is 1, sensitivity ½.
    let (labels, probabilities) = ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    let scores = Scores::of(&labels, &probabilities, 0.5).unwrap();
    let roc = roc(&labels, &probabilities).ok();
    let models = vec![ModelScores { model: "cnn".into(), scores, roc, ..ModelScores::default() }];
    let section = EvaluationSection {
        stage: "s".into(),
        split: "test".into(),
        models,
        ..EvaluationSection::default()
    };
    let page = render(&Report { evaluations: vec![section], ..Report::default() });
    assert!(page.contains("<path class=\"line\" d=\"M54 382L54 197L239 197L239 12L424 12\"><title>cnn, AUC 0.7500</title>"));
    let spot = |curve: &str| {
        let rest = page.split(&format!("data-handle=\"{curve}-0-0\"")).nth(1).unwrap();
        rest.split("transform=\"").nth(1).unwrap().split('"').next().unwrap()
    };
    assert_eq!(spot("roc"), "translate(54 197)");
    // Recall ½ at precision 1.
    assert_eq!(spot("pr"), "translate(239 12)");
}

#[test]
fn ten_models_of_a_hundred_thousand_predictions_stay_under_a_megabyte() {
    let mut report = full();
    let score = |i: u32| scored(&format!("model-{i}"), 100_000, 1.0 + 0.2 * i as f32, i + 1);
    report.evaluations[0].models = (0..10).map(score).collect();
    let page = render(&report);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("Of 10 models model-9 ranks best"));
}

#[test]
fn findings_name_the_first_and_count_the_rest() {
    let page = render(&full());
    assert!(page.contains("<summary>Duplicates: 212</summary>"));
    assert!(page.contains("<li>and 204 more</li>"));
    assert!(page.contains("12,288 of 27,780 bytes"));
}

#[test]
fn a_report_reads_back_from_json() {
    let report = full();
    let json = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&json).unwrap();
    assert_eq!((verdict(&read), helped(&read)), (verdict(&report), helped(&report)));
    assert_eq!((read.exploration, read.searches), (report.exploration, report.searches));
}

#[test]
fn a_slider_stops_at_whole_counts() {
    use microtome::metrics::{Scores, roc};
    let (labels, probabilities) = ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    let scores = Scores::of(&labels, &probabilities, 0.375).unwrap();
    let roc = roc(&labels, &probabilities).ok();
    let models = vec![ModelScores { model: "cnn".into(), scores, roc, ..ModelScores::default() }];
    let section = EvaluationSection {
        stage: "s".into(),
        split: "test".into(),
        models,
        ..EvaluationSection::default()
    };
    let page = render(&Report { evaluations: vec![section], ..Report::default() });
    let stops = page.split("data-stops=\"").nth(1).unwrap().split('"').next().unwrap();
    let stops: Vec<&str> = stops.split(',').collect();
    // Every hundredth from 0 to 1 and the threshold in use; the corners of the curve are hundredths.
    assert_eq!(stops.len(), 102);
    // Threshold, negatives called positive, positives called positive.
    for stop in [
        "0 2 2",
        "0.1 2 2",
        "0.11 1 2",
        "0.35 1 2",
        "0.37 1 1",
        "0.375 1 1",
        "0.41 0 1",
        "0.81 0 0",
        "1 0 0",
    ] {
        assert!(stops.contains(&stop), "{stop} of {stops:?}");
    }
    let used = stops.iter().position(|stop| stop.starts_with("0.375 ")).unwrap();
    assert!(page.contains(&format!("value=\"{used}\" data-used=\"{used}\"")));
}
