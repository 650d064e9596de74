//! One table of a file, read key by key.

use serde_json::{Map, Value};

use keyward_core::domain::declared::Place;
use keyward_core::problem::{Problem, Result};
use keyward_settings::nearest;

/// A table, with what it has not been asked for yet.
pub(super) struct Table {
    place: Place,
    values: Map<String, Value>,
}

impl Table {
    /// A table that has no keys but these. What is null is left out.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn open(place: Place, value: Value, known: &[&str]) -> Result<Self> {
        let mut values = match value {
            Value::Object(values) => values,
            other => return Err(place.wrong(format!("must be a table, not {}", kind(&other)))),
        };
        values.retain(|_, value| !value.is_null());
        let mut keys = values.keys();
        if let Some(key) = keys.find(|key| !known.contains(&key.as_str())) {
            // A secret is never written here itself.
            let in_file = format!("{key}_file");
            let in_file = known.iter().copied().find(|known| *known == in_file);
            let near = in_file.or_else(|| nearest(key, known.iter().copied()));
            let near = near.unwrap_or_default();
            let why = format!("is no key here; the nearest one is {near}");
            return Err(at(&place, key).wrong(why));
        }
        Ok(Self { place, values })
    }

    /// What is wrong with one of its keys.
    pub fn wrong(&self, key: &str, why: impl std::fmt::Display) -> Problem {
        at(&self.place, key).wrong(why)
    }

    /// What is wrong with one of its keys, as a type says it.
    pub fn refused(&self, key: &str, problem: &Problem) -> Problem {
        let why = problem.detail().unwrap_or(problem.code().meaning);
        self.wrong(key, format!("cannot be: {why}"))
    }

    /// What is wrong with it as a whole, as a type says it.
    pub fn refused_whole(&self, problem: &Problem) -> Problem {
        let why = problem.detail().unwrap_or(problem.code().meaning);
        self.place.wrong(format!("cannot be: {why}"))
    }

    fn mistyped(&self, key: &str, wanted: &str, found: &Value) -> Problem {
        self.wrong(key, format!("must be {wanted}, not {}", kind(found)))
    }

    /// Takes a value as it is.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.values.remove(key)
    }

    /// Takes a text.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn text(&mut self, key: &str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.mistyped(key, "a text", &other)),
        }
    }

    /// Takes a text that has to be there.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn needed_text(&mut self, key: &str) -> Result<String> {
        let text = self.text(key)?;
        text.ok_or_else(|| self.wrong(key, "is missing"))
    }

    /// Takes a list of texts; one text is a list of one.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>> {
        let values = match self.take(key) {
            None => return Ok(None),
            Some(Value::String(text)) => return Ok(Some(vec![text])),
            Some(Value::Array(values)) => values,
            Some(other) => return Err(self.mistyped(key, "a list of texts", &other)),
        };
        let read = |(index, value)| match value {
            Value::String(text) => Ok(text),
            other => Err(self.mistyped(&format!("{key}[{index}]"), "a text", &other)),
        };
        let texts: Result<Vec<String>> = values.into_iter().enumerate().map(read).collect();
        texts.map(Some)
    }

    /// Takes a truth.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn truth(&mut self, key: &str) -> Result<Option<bool>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(other) => Err(self.mistyped(key, "true or false", &other)),
        }
    }

    /// Takes a whole number from zero on, which may be written as a text.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn number(&mut self, key: &str) -> Result<Option<u64>> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(self.mistyped(key, "a whole number from 0 on", &value)),
        }
    }

    /// Takes a text, or a number as the text of it.
    ///
    /// # Errors
    /// `declared.invalid`
    pub fn text_or_number(&mut self, key: &str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.mistyped(key, "a text or a number", &other)),
        }
    }
}

/// A key of what is at a place; the place itself is empty for a whole file.
fn at(place: &Place, key: &str) -> Place {
    let within = match place.key.as_str() {
        "" => key.to_owned(),
        above => format!("{above}.{key}"),
    };
    Place {
        file: place.file.clone(),
        key: within,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
