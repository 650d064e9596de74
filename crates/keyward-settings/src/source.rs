//! What the file and the environment say, flattened to `section.key`, with where each value
//! comes from.

use std::collections::BTreeMap;
use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider};

use super::environment::{Environment, TAG, variable};
use super::form::{Form, Given};
use super::nearest::nearest;
use super::private_file::{how_to_close, is_open_to_everybody};
use super::section::{Key, Section};
use keyward_core::problem::{Problem, Result as Answer, codes};

/// Why a key cannot be accepted.
#[derive(Debug)]
pub(super) struct Wrong {
    key: String,
    why: String,
}

impl Wrong {
    /// This key, for this reason.
    pub fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            why: why.into(),
        }
    }

    /// Key and reason.
    pub fn sentence(&self) -> String {
        format!("{} {}", self.key, self.why)
    }
}

struct Entry {
    value: Value,
    from_environment: bool,
}

/// The given values by key.
pub(super) struct Source {
    file: String,
    entries: BTreeMap<String, Entry>,
}

/// Full names of a section's keys, with those of files that hold secrets.
fn names(section: &str, keys: &[Key]) -> Vec<String> {
    let full = |name: &str| match section {
        "" => name.to_owned(),
        section => format!("{section}.{name}"),
    };
    keys.iter()
        .flat_map(|key| {
            let file = key.from_file.then(|| full(&format!("{}_file", key.name)));
            [Some(full(key.name)), file]
        })
        .flatten()
        .collect()
}

impl Source {
    /// Reads a file, or nothing, under the environment.
    pub fn load(
        file: Option<&Path>,
        environment: Environment,
        sections: &[(&'static str, Vec<Key>)],
    ) -> Answer<Self> {
        let name = file.map_or_else(String::new, |path| path.display().to_string());
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Problem::new(codes::SETTINGS_INVALID)
                    .detailed(format!("{name} cannot be read: {error}"))
            })?,
        };
        let figment = Figment::from(Toml::string(&text)).merge(environment);
        let mut profiles = figment.data().map_err(|error| {
            Problem::new(codes::SETTINGS_INVALID)
                .detailed(format!("{name} is not TOML: {}", brief(&error.to_string())))
        })?;
        let dict = profiles.remove(&Profile::Default).unwrap_or_default();
        let known: Vec<String> = sections
            .iter()
            .flat_map(|(section, keys)| names(section, keys))
            .collect();
        let mut source = Self {
            file: name,
            entries: BTreeMap::new(),
        };
        let is_environment = |value: &Value| {
            figment
                .get_metadata(value.tag())
                .is_some_and(|metadata| metadata.name == TAG)
        };
        source.flatten("", dict, &known, &is_environment);
        source
            .refuse_unknown(&known)
            .map_err(|wrong| source.problem(wrong))?;
        Ok(source)
    }

    /// The keys of one table of a list.
    pub fn of_table<T: Section>(table: &Dict) -> Result<Self, Wrong> {
        let known = names("", &T::keys());
        let mut source = Self {
            file: String::new(),
            entries: BTreeMap::new(),
        };
        source.flatten("", table.clone(), &known, &|_| false);
        source.refuse_unknown(&known)?;
        Ok(source)
    }

    /// Tables are descended into until a known key is met, so that a dot in a key and a table in
    /// a section are the same, as they are in TOML.
    fn flatten(
        &mut self,
        prefix: &str,
        dict: Dict,
        known: &[String],
        is_environment: &dyn Fn(&Value) -> bool,
    ) {
        for (name, value) in dict {
            let key = match prefix {
                "" => name,
                prefix => format!("{prefix}.{name}"),
            };
            let from_environment = is_environment(&value);
            match value {
                Value::Dict(_, inner) if !known.contains(&key) => {
                    self.flatten(&key, inner, known, is_environment);
                }
                value => {
                    self.entries.insert(
                        key,
                        Entry {
                            value,
                            from_environment,
                        },
                    );
                }
            }
        }
    }

    fn refuse_unknown(&self, known: &[String]) -> Result<(), Wrong> {
        let Some(key) = self.entries.keys().find(|key| !known.contains(key)) else {
            return Ok(());
        };
        let within = format!("{key}.");
        if known.iter().any(|name| name.starts_with(&within)) {
            return Err(Wrong::new(key, "is a section, and its keys are missing"));
        }
        let near = nearest(key, known.iter().map(String::as_str)).unwrap_or_default();
        Err(Wrong::new(
            key,
            format!("is not a setting; the nearest one is {near}"),
        ))
    }

    /// Reads one key.
    pub fn read<T: 'static>(&self, section: &str, name: &str, form: &Form<T>) -> Result<T, Wrong> {
        let key = match section {
            "" => name.to_owned(),
            section => format!("{section}.{name}"),
        };
        let wrong = |why| Wrong::new(&key, why);
        if form.is_from_file()
            && let Some(text) = self.content_of_file(&key)?
        {
            return form.read(&Given::textual(text)).map_err(wrong);
        }
        match self.entries.get(&key) {
            None => form.absent(),
            // Tables are read where they are met, key by key.
            Some(entry) if matches!(entry.value, Value::Dict(..)) => {
                form.read(&Given::typed(entry.value.clone()))
            }
            Some(entry) if entry.from_environment => match entry.value.as_str() {
                Some(text) => form.read(&Given::textual(text)),
                None => Err("is a section, and its keys are missing".to_owned()),
            },
            Some(entry) => form.read(&Given::typed(entry.value.clone())),
        }
        .map_err(wrong)
    }

    /// The content of the file that `<key>_file` names. Where the file and the environment each
    /// give one of the two, the environment's counts.
    fn content_of_file(&self, key: &str) -> Result<Option<String>, Wrong> {
        let file_key = format!("{key}_file");
        let Some(entry) = self.entries.get(&file_key) else {
            return Ok(None);
        };
        if let Some(direct) = self.entries.get(key) {
            if direct.from_environment == entry.from_environment {
                let why = format!("and {key} are both given; keep one");
                return Err(Wrong::new(file_key, why));
            }
            if direct.from_environment {
                return Ok(None);
            }
        }
        let Some(path) = entry.value.as_str() else {
            return Err(Wrong::new(file_key, "must be a path in quotation marks"));
        };
        if is_open_to_everybody(path.as_ref()) {
            return Err(Wrong::new(
                file_key,
                format!("is refused: {}", how_to_close(path.as_ref())),
            ));
        }
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => Err(Wrong::new(file_key, format!("cannot be read: {error}"))),
        }
    }

    /// What the file itself says to a key; `None` where it says nothing, or the environment says
    /// something else.
    pub fn in_file(&self, key: &str) -> Option<&Value> {
        let entry = self.entries.get(key)?;
        (!entry.from_environment).then_some(&entry.value)
    }

    /// Whether a key was given at all.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The problem that stops the start: where, which key, why.
    pub fn problem(&self, wrong: Wrong) -> Problem {
        let detail = match self.entries.get(&wrong.key) {
            Some(entry) if entry.from_environment => {
                let variable = variable(&wrong.key);
                format!("environment variable {variable}: {}", wrong.sentence())
            }
            Some(_) => format!("{}: {}", self.file, wrong.sentence()),
            None => wrong.sentence(),
        };
        Problem::new(codes::SETTINGS_INVALID).detailed(detail)
    }
}

/// First and last line of a parser's message: where and why, without the quoted line between,
/// which may hold a secret.
fn brief(message: &str) -> String {
    let mut lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    match (lines.next(), lines.next_back()) {
        (Some(place), Some(why)) => format!("{place}: {why}"),
        (Some(only), None) => only.to_owned(),
        (None, _) => String::new(),
    }
}
