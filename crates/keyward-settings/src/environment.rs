//! Settings from the environment: `KEYWARD_SERVER__TLS__KEY` is `server.tls.key`.

use std::ffi::OsString;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// Begins every variable that is a setting. Variables without a double underscore are none:
/// container platforms make some for each service by its name, such as `KEYWARD_PORT`.
const PREFIX: &str = "KEYWARD_";
const SEPARATOR: &str = "__";

/// The name under which the values are tagged.
pub(super) const TAG: &str = "environment";

/// The variables that may be settings.
#[derive(Clone)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// The variables of this process.
    pub fn process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        }))
    }

    /// These variables. Those that are empty count as not set.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let is_setting = |(name, value): &(String, String)| {
            name.strip_prefix(PREFIX)
                .is_some_and(|rest| rest.contains(SEPARATOR))
                && !value.is_empty()
        };
        Self(variables.into_iter().filter(is_setting).collect())
    }

    /// No variables.
    pub fn empty() -> Self {
        Self(Vec::new())
    }
}

/// The arguments of this process, its name first.
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', SEPARATOR))
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(TAG)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut root = Dict::new();
        for (name, value) in &self.0 {
            let path: Vec<String> = name[PREFIX.len()..]
                .split(SEPARATOR)
                .map(str::to_lowercase)
                .collect();
            insert(&mut root, &path, value);
        }
        Ok(Profile::Default.collect(root))
    }
}

fn insert(dict: &mut Dict, path: &[String], text: &str) {
    match path {
        [] => {}
        [last] => {
            dict.insert(last.clone(), Value::from(text));
        }
        [first, rest @ ..] => {
            let entry = dict
                .entry(first.clone())
                .or_insert_with(|| Value::from(Dict::new()));
            if entry.as_dict().is_none() {
                *entry = Value::from(Dict::new());
            }
            if let Value::Dict(_, inner) = entry {
                insert(inner, rest, text);
            }
        }
    }
}
