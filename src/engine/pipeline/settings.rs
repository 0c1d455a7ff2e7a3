//! `--set key=value` laid over the file, and `${params.name}` replaced within it.

use super::{
    problem::{Problem, Texts, nearest_of},
    value::{Data, Span, Step, Table, Value},
};
use toml::de::{DeTable, DeValue};

/// Lays the settings of the command line over the file, in their order.
pub fn apply(sets: &[String], root: &mut Table, texts: &mut Texts, problems: &mut Vec<Problem>) {
    for set in sets {
        let text = texts.add("--set", set.as_str());
        let whole = Span { text, start: 0, end: set.len() as u32 };
        let Some((key, raw)) = set.split_once('=').map(|(key, raw)| (key, raw.trim_end())) else {
            problems.push(
                Problem::new("a setting without a value")
                    .at(whole, "expected KEY=VALUE")
                    .help("write it as `--set stage.cnn.epochs=3`"),
            );
            continue;
        };
        let Some(path) = path_of(key) else {
            problems.push(
                Problem::new(format!("`{key}` is not a dotted key"))
                    .at(whole, "expected KEY=VALUE")
                    .help(
                        "quote the parts that hold dots: `stage.search.grid.\"optimizer.adam.lr\"`",
                    ),
            );
            continue;
        };
        if let Some(problem) = misplaced(&path, root, whole) {
            problems.push(problem);
            continue;
        }
        let value = value_of(raw, text, key.len() as u32 + 1);
        if let Err(message) = root.set(&path, whole, value) {
            problems.push(Problem::new(message).at(whole, "here"));
        }
    }
}

/// The steps of a TOML key, quoted parts whole: `toml` itself reads it.
fn path_of(key: &str) -> Option<Vec<Step>> {
    // Messages write `model.layers[3]`, which TOML does not know.
    let key = key.trim().replace('[', ".").replace(']', "");
    let line = format!("{key} = 0");
    let mut table = Table::from_toml(DeTable::parse(&line).ok()?.into_inner(), 0, 0);
    let mut path = Vec::new();
    while let Some((key, value)) = table.0.pop() {
        // A number is a place in a list, but for the names of stages and parameters.
        path.push(match key.name.parse() {
            Ok(index) if path.len() > 1 => Step::Index(index),
            _ => Step::Key(key.name),
        });
        match value.data {
            Data::Table(inner) => table = inner,
            _ => return Some(path),
        }
    }
    None
}

/// A setting may add parameters, but neither stages nor things outside the three tables.
fn misplaced(path: &[Step], root: &Table, whole: Span) -> Option<Problem> {
    let name = |i: usize| match path.get(i) {
        Some(Step::Key(name)) => name.as_str(),
        _ => "",
    };
    let known = |table: &str| -> Vec<String> {
        let table = root.get(table).and_then(Value::as_table);
        table.map_or(vec![], |t| t.0.iter().map(|(key, _)| key.name.clone()).collect())
    };
    let unknown = |what: &str, name: &str, known: &[String]| {
        Problem::new(format!("no {what} `{name}` to set"))
            .at(whole, format!("no such {what}"))
            .help(nearest_of(name, known))
    };
    match name(0) {
        "pipeline" => None,
        "params" if path.len() >= 2 => {
            let params = known("params");
            if params.is_empty() {
                let problem = Problem::new(format!("the file has no parameter `{}`", name(1)));
                return Some(
                    problem.at(whole, "no such parameter").help("declare it in `[params]`"),
                );
            }
            (!params.iter().any(|p| p == name(1))).then(|| unknown("parameter", name(1), &params))
        }
        "stage" if path.len() >= 3 => {
            let stages = known("stage");
            (!stages.iter().any(|s| s == name(1))).then(|| unknown("stage", name(1), &stages))
        }
        other => {
            let known = ["pipeline.…", "params.…", "stage.NAME.…"].map(String::from);
            Some(unknown("key", other, &known))
        }
    }
}

/// A TOML value where it is one, else the characters as a string: `--set params.data=../idc`. The
/// characters are kept: where the type is a string they are taken as they are.
fn value_of(raw: &str, text: u32, offset: u32) -> Value {
    let span = Span { text, start: offset, end: offset + raw.len() as u32 };
    match DeValue::parse(raw).ok().map(|value| Value::from_toml(value, text, offset)) {
        Some(value) if matches!(value.data, Data::String(_)) => value,
        Some(value) => Value { raw: Some(raw.to_string()), ..value },
        None => Value::new(span, Data::String(raw.to_string())),
    }
}

/// Replaces `${params.name}` in every string of `value`: alone it becomes the parameter's value
/// with its type, within a longer string its characters.
pub fn interpolate(value: &mut Value, params: &Table, problems: &mut Vec<Problem>) {
    match &mut value.data {
        Data::Array(items) => items.iter_mut().for_each(|i| interpolate(i, params, problems)),
        Data::Table(table) => {
            table.0.iter_mut().for_each(|(_, item)| interpolate(item, params, problems))
        }
        Data::String(text) if text.contains("${") => match replaced(text, params) {
            Ok(mut new) => {
                // A wrong value is shown where it was given, if that was on the command line.
                new.span = if new.span.is_of_user() { new.span } else { value.span };
                *value = new;
            }
            Err(problem) => problems.push((*problem).at(value.span, "in this string")),
        },
        _ => {}
    }
}

fn replaced(text: &str, params: &Table) -> Result<Value, Box<Problem>> {
    let mut out = String::new();
    // Where the value stands with which it begins, and where that ends.
    let mut first = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after
            .split_once('}')
            .ok_or_else(|| Problem::new("a `${` without its `}`").help("write `${params.name}`"))?;
        let value = name.trim().strip_prefix("params.").and_then(|name| params.get(name));
        let value = value.ok_or_else(|| {
            let known: Vec<_> =
                params.0.iter().map(|(key, _)| format!("params.{}", key.name)).collect();
            Problem::new(format!("nothing is called `{}`", name.trim())).help(match &known[..] {
                [] => "declare it in a table `[params]`".to_string(),
                known => nearest_of(name.trim(), known),
            })
        })?;
        if before.is_empty() && behind.is_empty() && out.is_empty() {
            return Ok(value.clone());
        }
        let begins = before.is_empty() && out.is_empty();
        out.push_str(before);
        match &value.data {
            _ if value.raw.is_some() => out.push_str(value.raw.as_deref().unwrap_or_default()),
            Data::String(s) | Data::Date(s) => out.push_str(s),
            Data::Integer(i) => out.push_str(&i.to_string()),
            Data::Float(f) => out.push_str(&f.to_string()),
            Data::Boolean(b) => out.push_str(&b.to_string()),
            Data::Array(_) | Data::Table(_) => {
                let (name, what) = (name.trim(), value.describe());
                let message = format!("`{name}` is {what}, which does not fit into a string");
                return Err(Problem::new(message).into());
            }
        }
        if begins {
            first = Some((value.span, out.len()));
        }
        rest = behind;
    }
    out.push_str(rest);
    // A path that begins with the user's word is the user's, unless the file leads out of it.
    let span = first.filter(|(_, end)| !out[*end..].contains("..")).map(|(span, _)| span);
    Ok(Value::new(span.unwrap_or(Span { text: 0, start: 0, end: 0 }), Data::String(out)))
}
