//! How rules are typed, in a form and as options: what a value of each type looks like as text.

use std::collections::BTreeSet;

use super::{ModelList, ModelQuery};
use crate::domain::device::DeviceKind;
use crate::domain::model::{CertificationLevel, RegistryValue};

const DAY: u64 = 86_400;

/// The words of which a rule takes one or several.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// All of them, in the order in which they are offered.
    pub all: fn() -> Vec<&'static str>,
    /// What their names in the locale files begin with; `None` for those of the FIDO registries,
    /// which are shown as they are.
    pub phrases: Option<&'static str>,
}

/// What is typed for a rule.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// `true`, or nothing.
    Tick,
    /// Any of these words.
    Several(Words),
    /// One of these words, or nothing.
    One(Words),
    /// A whole number from 0 to 65535, or nothing.
    Number,
    /// Texts, one a line.
    Lines {
        /// What a line may look like.
        examples: &'static [&'static str],
    },
}

/// A text that says nothing for its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The text, cut where it was a line of several.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Unreadable {
    /// How much of a line is repeated, in characters.
    const LONGEST_LINE: usize = 80;

    fn new(text: &str, why: String) -> Self {
        let text = text.to_owned();
        Self { text, why }
    }

    fn line(text: &str, why: String) -> Self {
        let text = text.chars().take(Self::LONGEST_LINE).collect();
        Self { text, why }
    }
}

type Readable<T> = Result<T, Unreadable>;

/// How the value of a rule is typed.
pub(super) struct Form<T> {
    /// What is typed.
    pub input: Input,
    /// What an option's value is called in the reference: `N`; empty where there is none.
    pub placeholder: &'static str,
    /// The number that holds where nothing is said, where the rule's hint tells it.
    pub usual: Option<u64>,
    /// The texts of a value; none where it asks for nothing.
    pub write: fn(&T) -> Vec<String>,
    /// The value of texts.
    pub read: fn(&[&str]) -> Readable<T>,
}

impl<T> Form<T> {
    const fn new(
        input: Input,
        placeholder: &'static str,
        write: fn(&T) -> Vec<String>,
        read: fn(&[&str]) -> Readable<T>,
    ) -> Self {
        Self {
            input,
            placeholder,
            usual: None,
            write,
            read,
        }
    }

    /// The number that holds where nothing is said.
    pub const fn usually(mut self, number: u64) -> Self {
        self.usual = Some(number);
        self
    }
}

/// A type of which rules take one value or several.
pub(super) trait Choice: Copy + Ord + 'static {
    /// All values.
    const ALL: &'static [Self];
    /// What one is called where a text is none.
    const NOUN: &'static str;

    /// The stable name.
    fn as_str(self) -> &'static str;

    /// All stable names.
    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|choice| choice.as_str()).collect()
    }

    /// Reads a stable name.
    fn read(text: &str) -> Readable<Self> {
        let choice = Self::ALL.iter().find(|choice| choice.as_str() == text);
        let why = || Unreadable::new(text, format!("\"{text}\" is no {}", Self::NOUN));
        choice.copied().ok_or_else(why)
    }
}

impl Choice for DeviceKind {
    const ALL: &'static [Self] = &Self::ALL;
    const NOUN: &'static str = "kind of device";

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for CertificationLevel {
    const ALL: &'static [Self] = &Self::ALL;
    const NOUN: &'static str = "level";

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

/// Asked for or not.
pub(super) const fn tick() -> Form<bool> {
    fn read(texts: &[&str]) -> Readable<bool> {
        match texts {
            [] => Ok(false),
            ["true"] => Ok(true),
            [text, ..] => Err(Unreadable::new(text, format!("\"{text}\" is not \"true\""))),
        }
    }
    let write = |is_on: &bool| is_on.then(|| "true".to_owned()).into_iter().collect();
    Form::new(Input::Tick, "", write, read)
}

/// One of a few words.
pub(super) const fn one<T: Choice>(
    placeholder: &'static str,
    phrases: Option<&'static str>,
) -> Form<Option<T>> {
    let words = Words {
        all: T::words,
        phrases,
    };
    let write = |said: &Option<T>| said.iter().map(|one| one.as_str().to_owned()).collect();
    let read = |texts: &[&str]| texts.first().map(|text| T::read(text)).transpose();
    Form::new(Input::One(words), placeholder, write, read)
}

/// Several of a few words.
pub(super) const fn several<T: Choice>(
    placeholder: &'static str,
    phrases: Option<&'static str>,
) -> Form<Option<BTreeSet<T>>> {
    fn read<T: Choice>(texts: &[&str]) -> Readable<Option<BTreeSet<T>>> {
        let all: BTreeSet<T> = texts
            .iter()
            .map(|text| T::read(text))
            .collect::<Readable<_>>()?;
        Ok((!all.is_empty()).then_some(all))
    }
    let words = Words {
        all: T::words,
        phrases,
    };
    let write = |said: &Option<BTreeSet<T>>| {
        let all = said.iter().flatten();
        all.map(|one| one.as_str().to_owned()).collect()
    };
    Form::new(Input::Several(words), placeholder, write, read::<T>)
}

fn read_number(texts: &[&str]) -> Readable<Option<u16>> {
    let read = |text: &&str| {
        let wrong = |_| Unreadable::new(text, format!("\"{text}\" is no number"));
        text.parse().map_err(wrong)
    };
    texts.first().map(read).transpose()
}

/// A whole number.
pub(super) const fn number(placeholder: &'static str) -> Form<Option<u16>> {
    let write = |said: &Option<u16>| said.iter().map(ToString::to_string).collect();
    Form::new(Input::Number, placeholder, write, read_number)
}

/// A time in whole days, which is kept in seconds.
pub(super) const fn days() -> Form<Option<u64>> {
    let write = |seconds: &Option<u64>| {
        let days = seconds.iter().map(|seconds| seconds / DAY);
        days.map(|days| days.to_string()).collect()
    };
    let read = |texts: &[&str]| Ok(read_number(texts)?.map(|days| u64::from(days) * DAY));
    Form::new(Input::Number, "DAYS", write, read)
}

const MODELS: Input = Input::Lines {
    examples: &[
        "2fc0579f-8113-47ea-b116-bb5a8db9202a",
        "certification:L2 & key-protection:secure_element",
        "user-verification:fingerprint_internal",
        "status:REVOKED",
    ],
};

fn read_models(texts: &[&str]) -> Readable<ModelList> {
    let read = |text: &&str| {
        ModelQuery::parse(text).map_err(|problem| {
            let why = problem.detail().unwrap_or_default().to_owned();
            Unreadable::line(text, why)
        })
    };
    texts.iter().map(read).collect()
}

/// Models.
pub(super) const fn models() -> Form<ModelList> {
    let write = |list: &ModelList| list.iter().map(ToString::to_string).collect();
    Form::new(MODELS, "MODELS", write, read_models)
}

/// Lists of models, of which one can be typed.
pub(super) const fn model_lists() -> Form<BTreeSet<ModelList>> {
    let write = |lists: &BTreeSet<ModelList>| {
        let all = lists.iter().flatten();
        all.map(ToString::to_string).collect()
    };
    let read = |texts: &[&str]| {
        let list = read_models(texts)?;
        Ok(Some(list)
            .filter(|list| !list.is_empty())
            .into_iter()
            .collect())
    };
    Form::new(MODELS, "MODELS", write, read)
}

/// Statuses of the metadata service.
pub(super) const fn statuses() -> Form<BTreeSet<RegistryValue>> {
    fn read(texts: &[&str]) -> Readable<BTreeSet<RegistryValue>> {
        let read = |text: &&str| {
            let wrong = || Unreadable::line(text, format!("\"{text}\" is no status"));
            RegistryValue::parse(text).ok_or_else(wrong)
        };
        texts.iter().map(read).collect()
    }
    let input = Input::Lines {
        examples: &["REVOKED", "USER_KEY_PHYSICAL_COMPROMISE"],
    };
    let write = |words: &BTreeSet<RegistryValue>| words.iter().map(ToString::to_string).collect();
    Form::new(input, "STATUS", write, read)
}
