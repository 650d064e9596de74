//! One language's sentences, kept in Fluent files.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::{Embedded, Language};
use keyward_core::domain::browser::BrowserNames;
use keyward_core::problem::{Problem, Result};

/// The sentences of one language.
pub(super) struct Phrases {
    /// Which language it is.
    pub(super) language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Phrases {
    /// Reads every file of the language's folder.
    pub(super) fn load(language: Language) -> Result<Self> {
        let tag: LanguageIdentifier = language.tag().parse().map_err(Problem::internal)?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Foreign text is isolated by <bdi> in the markup; the invisible characters that do the
        // same in plain text would end up in what people copy and search for.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match language.group_separator() {
            ',' => |value, _| grouped(value, ','),
            _ => |value, _| grouped(value, '\u{202f}'),
        }));
        let folder = format!("locales/{}/", language.tag());
        for path in Embedded::iter().filter(|path| path.starts_with(&folder)) {
            bundle
                .add_resource(resource(&path)?)
                .map_err(|errors| Problem::internal(format!("{path}: {errors:?}")))?;
        }
        Ok(Self { language, bundle })
    }

    /// The sentence of a key, `key` or `key.attribute`, with its arguments.
    ///
    /// # Errors
    /// `internal` where the key or an argument that it needs is missing.
    pub(super) fn say(&self, key: &str, arguments: &[(&str, FluentValue<'_>)]) -> Result<String> {
        let missing = || Problem::internal(format!("no phrase {key}"));
        let (id, attribute) = match key.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (key, None),
        };
        let message = self.bundle.get_message(id).ok_or_else(missing)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name).map(|found| found.value()),
            None => message.value(),
        }
        .ok_or_else(missing)?;
        let arguments: FluentArgs<'_> = arguments.iter().cloned().collect();
        let mut errors = Vec::new();
        let sentence = self
            .bundle
            .format_pattern(pattern, Some(&arguments), &mut errors);
        match errors.first() {
            None => Ok(sentence.into_owned()),
            Some(error) => Err(Problem::internal(format!("{key}: {error}"))),
        }
    }

    /// What a browser is called, in our words alone: what it says of itself may be anything.
    ///
    /// # Errors
    /// `internal` where the language lacks the words.
    pub(super) fn browser(&self, user_agent: &str) -> Result<String> {
        let names = BrowserNames::of(user_agent);
        match (names.browser, names.system) {
            (Some(browser), Some(system)) => {
                let names = [("browser", browser.into()), ("system", system.into())];
                self.say("session-on", &names)
            }
            (Some(name), None) | (None, Some(name)) => Ok(name.to_owned()),
            (None, None) => self.say("session-unknown-browser", &[]),
        }
    }

    /// Whether there is a sentence of this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

/// Reads one locale file.
fn resource(path: &str) -> Result<FluentResource> {
    let broken = |why: String| Problem::internal(format!("{path}: {why}"));
    let file = Embedded::get(path).ok_or_else(|| broken("missing".to_owned()))?;
    let text = String::from_utf8(file.data.into_owned()).map_err(|e| broken(e.to_string()))?;
    FluentResource::try_new(text).map_err(|(_, errors)| broken(format!("{errors:?}")))
}

/// A whole number with its digits in groups of three.
fn grouped(value: &FluentValue<'_>, separator: char) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 => {
            Some(group_digits(number.value as i64, separator))
        }
        _ => None,
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn group_digits(number: i64, separator: char) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Phrases {
        Phrases::load(Language::English).expect("English loads")
    }

    #[test]
    fn a_missing_key_is_an_error() {
        assert!(english().say("no-such-key", &[]).is_err());
        assert!(english().say("keyward.no-such-attribute", &[]).is_err());
    }

    #[test]
    fn a_missing_argument_is_an_error() {
        assert!(english().say("when-days", &[]).is_err());
        assert!(english().say("when-days", &[("count", 3.into())]).is_ok());
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        let texts: Vec<String> = [0, 999, 1000, 1_234_567, -1000]
            .into_iter()
            .map(|number| group_digits(number, ','))
            .collect();
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567", "−1,000"]);
    }
}
