//! A file of declared configuration, as the values that it holds.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use keyward_core::problem::{Problem, Result, codes};

/// The largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// How deep tables and lists may lie in each other. The deepest that mean something are lists of models
/// in a policy.
const DEEPEST: usize = 16;

/// One file.
pub(super) struct Source {
    /// What it is called in what is said of it.
    pub name: String,
    /// What relative paths in it are relative to.
    pub folder: PathBuf,
    /// What it says.
    pub value: Value,
}

/// Opens a file: TOML, or YAML where its name ends so. Standard input, for `-`, holds TOML.
///
/// # Errors
/// `declared.invalid`
pub(super) fn open(path: &Path) -> Result<Source> {
    let name = path.display().to_string();
    let text = text(path).map_err(|why| refused(&name, why))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let value = match extension.to_lowercase().as_str() {
        "yaml" | "yml" | "json" => yaml(&text),
        "toml" => toml(&text),
        _ if path == Path::new("-") => toml(&text),
        _ => Err("is called neither .toml nor .yaml".to_owned()),
    };
    let value = value.map_err(|why| refused(&name, why))?;
    if !is_shallow(&value, DEEPEST) {
        return Err(refused(
            &name,
            format!("is nested deeper than {DEEPEST} times"),
        ));
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Source {
        name,
        folder,
        value,
    })
}

fn refused(name: &str, why: impl AsRef<str>) -> Problem {
    let detail = format!("{name}: {}", why.as_ref());
    Problem::new(codes::DECLARED_INVALID).detailed(detail)
}

fn text(path: &Path) -> std::result::Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let reader: Box<dyn io::Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(unreadable)?)
    };
    reader
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err("is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

fn toml(text: &str) -> std::result::Result<Value, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            before.matches('\n').count() + 1
        });
        match line {
            Some(line) => format!("line {line}: {}", error.message()),
            None => error.message().to_owned(),
        }
    })
}

/// Aliases are followed, and what they come to counts: a small file may stand for a very large one.
fn yaml(text: &str) -> std::result::Result<Value, String> {
    let bytes = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: DEEPEST,
            max_nodes: 100_000,
            max_events: 300_000,
            max_total_scalar_bytes: 2 * bytes,
        },
        // `on`, `yes` and `no` are words, as YAML 1.2 has them.
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

fn is_shallow(value: &Value, rest: usize) -> bool {
    let Some(rest) = rest.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(values) => values.iter().all(|value| is_shallow(value, rest)),
        Value::Object(values) => values.values().all(|value| is_shallow(value, rest)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let toml = toml("groups = ['staff']\n[[webhooks]]\nname = 'Chat'\nenabled = true\n");
        let yaml = yaml("groups: [staff]\nwebhooks:\n- name: Chat\n  enabled: true\n");
        assert_eq!(toml, yaml);
        assert!(toml.is_ok());
    }

    #[test]
    fn small_files_that_stand_for_large_ones_are_refused() {
        let mut doubled = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let eight = vec![format!("*a{}", level - 1); 8].join(", ");
            doubled.push_str(&format!("a{level}: &a{level} [{eight}]\n"));
        }
        let long = format!(
            "text: &text {}\nlist: [{}]\n",
            "x".repeat(200_000),
            vec!["*text"; 60].join(", ")
        );
        let deep = format!("a: {}{}\n", "[".repeat(5000), "]".repeat(5000));
        let entries = format!("a: [{}]\n", "x, ".repeat(200_000));
        for text in [&doubled, &long, &deep, &entries] {
            assert!(yaml(text).is_err(), "{}", &text[..60]);
        }
        let deep = format!("a = {}{}\n", "[".repeat(5000), "]".repeat(5000));
        assert!(toml(&deep).is_err());
        let dotted = format!("{}b = 1\n", "a.".repeat(20));
        assert!(toml(&dotted).is_ok_and(|value| !is_shallow(&value, DEEPEST)));
        assert!(yaml("a: &a [*a]\n").is_err(), "an alias within itself");
    }

    #[test]
    fn what_is_no_yaml_of_one_document_is_refused() {
        for text in [
            "a: 1\na: 2\n",
            "a: 1\n---\nb: 2\n",
            "a: [1\n",
            "a: *b\n",
            "a:\n\t- b\n",
        ] {
            assert!(yaml(text).is_err(), "{text}");
        }
        assert_eq!(yaml("a: no"), Ok(serde_json::json!({"a": "no"})));
        assert_eq!(yaml(""), Ok(Value::Null));
    }
}
