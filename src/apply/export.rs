//! What is there, as a file that declares it.

use serde_json::{Map, Value};

use keyward_core::domain::declared::{Declaration, Existing, Kind, Present, SharedKey};

const HEADING: &str = "\
# Declared configuration, for `keyward apply FILE`. Secrets are not in it: one that is left out stays
# as it is, and api_key_file or secret_file names a file with another.
";

/// As TOML.
pub fn as_toml(present: &Present) -> String {
    let mut text = HEADING.to_owned();
    let (empty, filled): (Vec<Kind>, Vec<Kind>) = Kind::ALL
        .into_iter()
        .partition(|kind| of(present, *kind).next().is_none());
    if !empty.is_empty() {
        text.push('\n');
    }
    for kind in empty {
        text.push_str(&format!("{} = []\n", kind.key()));
    }
    for kind in filled {
        for existing in of(present, kind) {
            text.push_str(&format!("\n[[{}]]\n", kind.key()));
            for (key, value) in fields(existing) {
                text.push_str(&format!("{key} = {}\n", toml_value(&value)));
            }
            if let Some((name, SharedKey::Given(_) | SharedKey::Hashed(_))) =
                existing.declaration.secret()
            {
                text.push_str(&format!("# {name}_file = \"…\"\n"));
            }
        }
    }
    text
}

/// As JSON, which is YAML too.
pub fn as_json(present: &Present) -> Value {
    let of_kind = |kind: Kind| {
        let all = of(present, kind).map(|existing| {
            let fields = fields(existing).into_iter();
            let fields = fields.map(|(key, value)| (key.to_owned(), value));
            Value::Object(fields.collect::<Map<String, Value>>())
        });
        (kind.key().to_owned(), Value::Array(all.collect()))
    };
    Value::Object(Kind::ALL.into_iter().map(of_kind).collect())
}

fn of(present: &Present, kind: Kind) -> impl Iterator<Item = &Existing> {
    let all = present.all.iter();
    all.filter(move |existing| existing.declaration.kind() == kind)
}

fn fields(existing: &Existing) -> Vec<(&'static str, Value)> {
    let declaration: &Declaration = &existing.declaration;
    let said = declaration.fields().into_iter();
    said.filter(|field| !field.is_usual)
        .map(|field| (field.key, field.value))
        .collect()
}

/// A value on one line, but for lists of several, which have a line each.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(values) if values.len() > 1 => {
            let lines = values
                .iter()
                .map(|value| format!("  {},\n", toml_value(value)));
            format!("[\n{}]", lines.collect::<String>())
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(toml_value).collect();
            format!("[{}]", values.join(", "))
        }
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        // Numbers of TOML end where those of a row are signed.
        Value::Number(number) if number.as_i64().is_none() => format!("\"{number}\""),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        // No field is a table, and what is null is usual.
        Value::Null | Value::Object(_) => "\"\"".to_owned(),
    }
}
