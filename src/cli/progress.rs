//! A run as it goes on: bars on a terminal, lines elsewhere, JSON for programs.

use super::table::seconds;
use crate::engine::{Event, stage::Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::{cell::RefCell, collections::HashMap, io::IsTerminal, time::Duration};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Coloured,
}

/// Colours on a terminal, unless `NO_COLOR` says otherwise.
pub fn style() -> Style {
    let set = |name, off: fn(&str) -> bool| {
        std::env::var_os(name).is_some_and(|value| off(&value.to_string_lossy()))
    };
    let off = set("NO_COLOR", |value| !value.is_empty()) || set("TERM", |value| value == "dumb");
    if std::io::stderr().is_terminal() && !off { Style::Coloured } else { Style::Plain }
}

/// How events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Bars on a terminal.
    Bars,
    /// A line for each thing that happens, for logs.
    Lines,
    /// One JSON object an event, on stdout.
    Json,
}

impl Look {
    pub fn detect() -> Look {
        if std::io::stderr().is_terminal() { Look::Bars } else { Look::Lines }
    }
}

/// Shows the events of one run.
pub struct Display {
    look: Look,
    bars: MultiProgress,
    overall: ProgressBar,
    running: RefCell<HashMap<String, ProgressBar>>,
}

impl Display {
    pub fn new(look: Look) -> Display {
        let target = match look {
            Look::Bars => ProgressDrawTarget::stderr(),
            Look::Lines | Look::Json => ProgressDrawTarget::hidden(),
        };
        let bars = MultiProgress::with_draw_target(target);
        let overall = bars.add(ProgressBar::new(0).with_style(overall_style()));
        Display { look, bars, overall, running: RefCell::default() }
    }

    pub fn look(&self) -> Look {
        self.look
    }

    pub fn show(&self, event: &Event) {
        if self.look == Look::Json {
            return super::print_json(&serde_json::to_string(event).unwrap_or_default());
        }
        match event {
            Event::Began { pipeline, stages } => {
                self.overall.set_length(*stages as u64);
                self.overall.set_message(pipeline.clone());
            }
            Event::Started { stage, reasons, .. } => {
                let bar = ProgressBar::no_length().with_style(waiting_style());
                let bar = self.bars.insert_before(&self.overall, bar);
                bar.set_prefix(stage.clone());
                if self.look == Look::Bars {
                    bar.enable_steady_tick(Duration::from_millis(200));
                }
                self.running.borrow_mut().insert(stage.clone(), bar);
                self.line(&format!("{stage}: runs, {}", reasons.join("; ")));
            }
            Event::Progress { stage, progress } => self.progress(stage, progress),
            Event::Waiting { stage, holder } => {
                self.line(&format!("{stage}: {holder} makes the same result; waiting for it"));
            }
            Event::Cached { .. } | Event::HeldBack { .. } => self.overall.inc(1),
            Event::Ran { stage, seconds: took, headline, .. } => {
                let headline = headline.as_deref().unwrap_or("done");
                self.finish(stage, &format!("{stage}: {headline}, in {}", seconds(*took)));
            }
            Event::Failed { stage, message, help, .. } => {
                let help = help.as_ref().map_or(String::new(), |h| format!("\n  = help: {h}"));
                self.finish(stage, &format!("error: `{stage}` failed: {message}{help}"));
            }
            Event::Skipped { stage, because, .. } => {
                self.finish(stage, &format!("{stage}: skipped, {because}"));
            }
            Event::Interrupted { stage, .. } => {
                self.finish(
                    stage,
                    &format!("{stage}: interrupted; it goes on from here next time"),
                );
            }
            Event::Warning { message } => self.line(&format!("warning: {message}")),
        }
    }

    /// Takes the bars away.
    pub fn close(&self) {
        self.running.borrow_mut().drain().for_each(|(_, bar)| bar.finish_and_clear());
        self.overall.finish_and_clear();
    }

    fn progress(&self, stage: &str, progress: &Progress) {
        match progress {
            Progress::Note { text } => self.line(&format!("{stage}: {text}")),
            Progress::Step { done, total, unit } => {
                if let Some(bar) = self.running.borrow().get(stage) {
                    if bar.length().is_none() {
                        bar.set_style(stage_style(unit));
                    }
                    bar.set_length(*total);
                    bar.set_position(*done);
                }
            }
        }
    }

    fn finish(&self, stage: &str, line: &str) {
        if let Some(bar) = self.running.borrow_mut().remove(stage) {
            bar.finish_and_clear();
        }
        self.overall.inc(1);
        self.line(line);
    }

    /// A line above the bars.
    fn line(&self, text: &str) {
        match self.look {
            Look::Bars => drop(self.bars.println(text)),
            Look::Lines => super::say(text),
            Look::Json => {}
        }
    }
}

// A template that does not parse would be a mistake here, in this file: the default bar then does.
fn styled(template: &str) -> ProgressStyle {
    let style = ProgressStyle::default_bar().template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// A bar for a command that is no run; only on a terminal.
pub fn bar_of(total: u64, unit: &'static str) -> ProgressBar {
    ProgressBar::new(total).with_style(stage_style(unit))
}

fn overall_style() -> ProgressStyle {
    styled("{msg:24} {bar:30} {pos}/{len} stages, {elapsed}")
}

fn waiting_style() -> ProgressStyle {
    styled("{prefix:24} {spinner} {elapsed}")
}

fn stage_style(unit: &'static str) -> ProgressStyle {
    styled("{prefix:24} {bar:30} {percent:>3} %  {rate}, {eta} left").with_key(
        "rate",
        move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // Failing to write into a line of text is not something that happens.
            let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
        },
    )
}
