//! The languages that Keyward speaks.

use serde::{Deserialize, Serialize};

/// A language, with a folder of its tag under `templates/locales`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 1] = [Language::English];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// Which way it is written: `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
        }
    }

    /// What stands between groups of three digits.
    pub(super) fn group_separator(self) -> char {
        match self {
            Self::English => ',',
        }
    }

    /// The language of a tag, by its primary subtag and without regard to case.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first language of an `Accept-Language` header that Keyward speaks, by weight
    /// (RFC 9110 §12.5.4); English where there is none.
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(Self, u16)> = None;
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::parse) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1000), weight)
                .unwrap_or(0);
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((language, weight));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }
}

/// A weight in thousandths; `None` for what is not one.
fn weight(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok()?;
    #[expect(clippy::cast_sign_loss, reason = "it is 0 to 1000")]
    (0.0..=1.0)
        .contains(&value)
        .then_some((value * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_primary_subtag() {
        assert_eq!(Language::parse("EN-gb"), Some(Language::English));
        assert_eq!(Language::parse("tlh"), None);
        assert_eq!(Language::parse(""), None);
    }

    #[test]
    fn a_strange_header_is_answered_in_english() {
        for header in ["", "*", "tlh;q=1, en;q=0", ";;q=,", "en;q=seven"] {
            assert_eq!(Language::negotiate(header), Language::English, "{header}");
        }
    }
}
