//! The reference of settings, as `keyward docs settings` prints it.

use super::environment::variable;
use super::section::{Key, Section};

/// One heading of the reference.
pub(super) struct Chapter {
    pub heading: String,
    /// The section's name; empty for the table of a list.
    pub section: &'static str,
    pub about: String,
    pub keys: Vec<Key>,
}

impl Chapter {
    /// A section of the file.
    pub fn of<T: Section>() -> Self {
        Self {
            heading: format!("[{}]", T::NAME),
            section: T::NAME,
            about: T::about(),
            keys: T::keys(),
        }
    }

    /// The table of a list.
    pub fn of_table<T: Section>(list: &str) -> Self {
        Self {
            heading: format!("[[{list}]]"),
            section: T::NAME,
            about: T::about(),
            keys: T::keys(),
        }
    }

    fn print(&self, page: &mut String) {
        page.push_str(&format!("\n## `{}`\n\n{}\n", self.heading, self.about));
        for key in &self.keys {
            let default = match &key.default {
                Some(default) => format!("Default: {default}"),
                None => "Must be given".to_owned(),
            };
            page.push_str(&format!(
                "\n### `{}`\n\n{}\n\n- Value: {}\n- {default}\n",
                key.name, key.meaning, key.says
            ));
            if key.from_file {
                let name = key.name;
                page.push_str(&format!("- From a file: `{name}_file` names it\n"));
            }
            if !self.section.is_empty() {
                let variable = variable(&format!("{}.{}", self.section, key.name));
                page.push_str(&format!("- Environment: `{variable}`\n"));
            }
        }
    }
}

const INTRODUCTION: &str = "\
# Settings

Keyward runs without any settings. What should differ from the defaults stands in a TOML file, \
which `--config` names; without it, `keyward.toml` in the working directory is read where it \
exists. Paths are relative to the working directory.

Every setting can be given as an environment variable, which counts more than the file: \
`server.public_url` is `KEYWARD_SERVER__PUBLIC_URL`. Variables that are empty, or have no double \
underscore, are ignored. A list is written `a, b` or `[\"a\", \"b\"]` there.

Durations are a number and a unit: `250ms`, `90s`, `10m`, `12h`, `30d`, `2w`.

Unknown keys and impossible values stop the start, with the file or variable, the key, the reason \
and the nearest key. `keyward check` says the same without starting.
";

/// The whole reference as Markdown.
pub(super) fn print(chapters: &[Chapter]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for chapter in chapters {
        chapter.print(&mut page);
    }
    page
}
