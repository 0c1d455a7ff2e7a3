//! Conditions on the parameters of a combination: `{ optimizer = "sgd", batch_size = [16, 32] }`.

use super::{combine::Combination, names::own_name};
use serde_json::Value;
use std::collections::BTreeMap;

/// For each parameter the value, or the list of values, with which the condition holds.
pub type Condition = BTreeMap<String, Value>;

/// Whether every parameter of a condition has a value that it asks for; one that the combination
/// does not set has none.
pub fn holds(condition: &Condition, combination: &Combination) -> bool {
    condition.iter().all(|(key, asked)| {
        let value = combination.get(key);
        value.is_some_and(|value| is_asked(asked, value))
    })
}

/// Whether a value is the one that is asked for, is called so, or is one of a list of such.
pub fn is_asked(asked: &Value, value: &Value) -> bool {
    let called = asked.is_string() && asked.as_str() == own_name(value).as_deref();
    let listed = asked.as_array().is_some_and(|asked| asked.iter().any(|a| is_asked(a, value)));
    same(asked, value) || called || listed
}

/// Equal values; 1 and 1.0 are.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
