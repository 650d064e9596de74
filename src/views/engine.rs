//! The template engine's environment of one language, and the words that templates use:
//! `t`, `rich`, `icon`, `outline`, `asset`, `in_fours`, `short`, `diagnosis`, `number` and `when`.

use std::cell::RefCell;
use std::sync::Arc;

use fluent_bundle::FluentValue;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::escape::escape;
use super::phrases::{Phrases, group_digits};
use super::{Embedded, assets, relative_time};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::password::PasswordUse;
use keyward_core::domain::user::{EmailAddress, NewPassword, UserName};
use keyward_core::domain::validation_service::ValidationServiceSettings;
use keyward_core::domain::webhook::WebhookSettings;
use keyward_core::problem::{Problem, Result};

/// Holds the place of an argument until the sentence around it is escaped: a private-use character
/// that no phrase contains, the first argument's; the others' follow it.
const FIRST_PLACE: char = '\u{e000}';

/// The templates with the words of one language.
pub(super) fn of(phrases: Arc<Phrases>) -> Result<Environment<'static>> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    engine.set_syntax(syntax.map_err(Problem::internal)?);
    engine.set_formatter(write);
    engine.set_loader(|path| text_of(path).map(Some));
    add_globals(&mut engine, &phrases);
    add_phrases(&mut engine, &phrases);
    add_drawings(&mut engine);
    add_formats(&mut engine, phrases);
    Ok(engine)
}

/// Writes a value into a page, escaped unless it is markup of ours. What is not there is an error:
/// no page ever says "none".
fn write(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() || value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "nothing to write"));
    }
    let text = value.to_string();
    let text = if value.is_safe() { text } else { escape(&text) };
    out.write_str(&text).map_err(Error::from)
}

fn names_of(kinds: impl Iterator<Item = DeviceKind>) -> Value {
    kinds.map(DeviceKind::as_str).collect()
}

fn add_globals(engine: &mut Environment<'static>, phrases: &Phrases) {
    engine.add_global("language", phrases.language.tag());
    engine.add_global("direction", phrases.language.direction());
    engine.add_global("shortest_password", NewPassword::SHORTEST);
    engine.add_global("shortest_alone", PasswordUse::Alone.shortest());
    engine.add_global("longest_user_name", UserName::LONGEST);
    engine.add_global("longest_display_name", DisplayName::LONGEST);
    engine.add_global("longest_email", EmailAddress::LONGEST);
    engine.add_global("longest_device_name", DeviceName::LONGEST);
    engine.add_global("addable_kinds", names_of(DeviceKind::addable()));
    for (name, holds) in [
        (
            "delivered_kinds",
            DeviceKind::is_delivered as fn(DeviceKind) -> bool,
        ),
        ("stand_in_kinds", DeviceKind::is_stand_in),
    ] {
        engine.add_global(name, names_of(DeviceKind::all_that(holds)));
    }
    engine.add_global("longest_webhook_name", WebhookSettings::LONGEST_NAME);
    engine.add_global(
        "longest_service_name",
        ValidationServiceSettings::LONGEST_NAME,
    );
}

fn add_phrases(engine: &mut Environment<'static>, phrases: &Arc<Phrases>) {
    let plain = Arc::clone(phrases);
    engine.add_function("t", move |key: &str, arguments: Kwargs| {
        let arguments = fluent(&arguments, Value::to_string)?;
        say(&plain, key, &arguments)
    });
    let marked = Arc::clone(phrases);
    engine.add_function("rich", move |key: &str, arguments: Kwargs| {
        let pieces = RefCell::new(Vec::new());
        let places = fluent(&arguments, |value| {
            let mut pieces = pieces.borrow_mut();
            let place = (FIRST_PLACE..).nth(pieces.len()).unwrap_or(FIRST_PLACE);
            pieces.push((place, piece(value)));
            place.to_string()
        })?;
        let sentence = escape(&say(&marked, key, &places)?);
        let filled =
            |sentence: String, (place, piece): (char, String)| sentence.replace(place, &piece);
        let sentence = pieces.into_inner().into_iter().fold(sentence, filled);
        Ok::<_, Error>(Value::from_safe_string(sentence))
    });
    let known = Arc::clone(phrases);
    engine.add_function("has_phrase", move |key: &str| known.has(key));
}

fn add_drawings(engine: &mut Environment<'static>) {
    let drawing = |folder: &'static str| {
        move |name: &str| text_of(&format!("{folder}/{name}.svg")).map(Value::from_safe_string)
    };
    engine.add_function("icon", drawing("icons"));
    engine.add_function("outline", drawing("outlines"));
    engine.add_function("asset", assets::url);
}

fn add_formats(engine: &mut Environment<'static>, phrases: Arc<Phrases>) {
    let separator = phrases.language.group_separator();
    engine.add_filter("number", move |number: i64| group_digits(number, separator));
    engine.add_filter("in_fours", in_fours);
    engine.add_filter("short", |text: &str| Value::from_safe_string(short(text)));
    engine.add_filter("diagnosis", |text: &str| {
        Value::from_safe_string(diagnosis(text))
    });
    engine.add_filter("when", move |moment: i64, now: i64| {
        let [moment, now] = [moment, now].map(Timestamp::from_millis);
        relative_time::element(&phrases, moment, now)
            .map(Value::from_safe_string)
            .map_err(failed)
    });
}

/// An argument within a sentence: markup of ours as it is, foreign text isolated from the direction
/// of what stands around it.
fn piece(value: &Value) -> String {
    let text = value.to_string();
    if value.is_safe() {
        text
    } else {
        format!("<bdi>{}</bdi>", escape(&text))
    }
}

/// A name in a table: the style sheet cuts it to the column, and what is cut is in `title`.
fn short(text: &str) -> String {
    let text = escape(text);
    format!(r#"<bdi class="short" title="{text}">{text}</bdi>"#)
}

/// Words for operators, in which names of settings and commands stand between backticks.
fn diagnosis(text: &str) -> String {
    let text = escape(text);
    if !text.matches('`').count().is_multiple_of(2) {
        return text;
    }
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(at, piece)| match at.is_multiple_of(2) {
            true => piece.to_owned(),
            false => format!("<code>{piece}</code>"),
        })
        .collect()
}

/// `GEZDGNBVGY3T` as `GEZD GNBV GY3T`.
fn in_fours(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let groups: Vec<String> = characters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    groups.join(" ")
}

fn say(
    phrases: &Phrases,
    key: &str,
    arguments: &[(&str, FluentValue<'static>)],
) -> Result<String, Error> {
    phrases.say(key, arguments).map_err(failed)
}

/// A template's arguments as Fluent's. `none` is not an argument: the sentence that needs it then
/// says that it is missing.
fn fluent(
    arguments: &Kwargs,
    text: impl Fn(&Value) -> String,
) -> Result<Vec<(&str, FluentValue<'static>)>, Error> {
    let mut found = Vec::new();
    for name in arguments.args() {
        let value: Value = arguments.get(name)?;
        let value = match value.kind() {
            ValueKind::None | ValueKind::Undefined => continue,
            ValueKind::Number => f64::try_from(value)?.into(),
            _ => text(&value).into(),
        };
        found.push((name, value));
    }
    Ok(found)
}

fn text_of(path: &str) -> Result<String, Error> {
    let missing = |what: &str| Error::new(ErrorKind::TemplateNotFound, format!("{path} {what}"));
    let file = Embedded::get(path).ok_or_else(|| missing("is not there"))?;
    let text = std::str::from_utf8(&file.data).map_err(|_| missing("is not UTF-8"))?;
    Ok(text.trim().to_owned())
}

fn failed(problem: Problem) -> Error {
    let cause = std::error::Error::source(&problem).map(ToString::to_string);
    Error::new(
        ErrorKind::InvalidOperation,
        cause.unwrap_or_else(|| problem.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::Language;
    use keyward_core::domain::device::SignInMethod;

    fn render(template: &str) -> Result<String, Error> {
        let phrases = Phrases::load(Language::English).expect("English loads");
        let engine = of(Arc::new(phrases)).expect("an engine");
        engine.render_named_str("test.html", template, ())
    }

    #[test]
    fn foreign_text_in_a_sentence_is_escaped_and_isolated() {
        let page = render(r#"{{ rich("device-remove-title", name="<b>\uE000</bdi>") }}"#);
        let page = page.expect("renders");
        assert!(
            page.contains("<bdi>&lt;b&gt;\u{e000}&lt;/bdi&gt;</bdi>"),
            "{page}"
        );
        let page = render(r#"{{ t("device-remove-title", name="<b>") }}"#).expect("renders");
        assert!(page.contains("&lt;b&gt;"), "{page}");
    }

    #[test]
    fn what_stands_between_backticks_in_a_diagnosis_is_code() {
        let shown = diagnosis("needs `webhooks.networks` & a <name>");
        assert_eq!(
            shown,
            "needs <code>webhooks.networks</code> &amp; a &lt;name&gt;"
        );
        assert_eq!(diagnosis("one ` alone"), "one ` alone");
    }

    #[test]
    fn every_template_compiles() {
        let phrases = Phrases::load(Language::English).expect("English loads");
        let engine = of(Arc::new(phrases)).expect("an engine");
        let templates = Embedded::iter().filter(|path| path.ends_with(".html"));
        let broken: Vec<_> = templates
            .filter_map(|path| engine.get_template(&path).err())
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
    }

    #[test]
    fn a_template_that_asks_for_what_is_not_there_fails() {
        for template in [
            "{{ nothing }}",
            "{{ none }}",
            r#"{{ t("no-such-key") }}"#,
            r#"{{ t("when-days", count=none) }}"#,
            r#"{{ icon("no-such-icon") }}"#,
        ] {
            assert!(render(template).is_err(), "{template}");
        }
    }

    /// What pages need of a kind beside its row in the table of `domain::device`.
    #[test]
    fn every_kind_of_device_has_its_words_and_its_drawings() {
        let phrases = Phrases::load(Language::English).expect("English loads");
        let mut missing = Vec::new();
        for kind in DeviceKind::ALL {
            let (name, method) = (kind.as_str(), SignInMethod::of(kind).as_str());
            let always = ["kind", "method", "lockout-of"];
            let addable: &[&str] = match kind.is_stand_in() {
                true => &[],
                false => &["add", "enrol-about"],
            };
            let delivered: &[&str] = match kind.is_delivered() {
                true => &["device-weak"],
                false => &[],
            };
            for prefix in always.iter().chain(addable).chain(delivered) {
                let of = match *prefix {
                    "method" | "lockout-of" => method,
                    _ => name,
                };
                let key = format!("{prefix}-{of}");
                if !phrases.has(&key) {
                    missing.push(format!("the words {key}"));
                }
            }
            for file in [
                format!("icons/kind-{name}.svg"),
                format!("outlines/{name}.svg"),
            ] {
                if text_of(&file).is_err() {
                    missing.push(format!("templates/{file}"));
                }
            }
        }
        assert!(missing.is_empty(), "missing: {missing:?}");
    }

    #[test]
    fn a_secret_stands_in_groups_of_four() {
        assert_eq!(in_fours("GEZDGNBVGY3TQ"), "GEZD GNBV GY3T Q");
    }
}
