//! A description of authenticator models, for lists that allow or deny.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::model::{CertificationLevel, Model, RegistryValue};
use crate::problem::{Problem, Result, codes};

/// Models that have everything in a short list of properties. It is written as its properties with
/// `&` between them:
///
/// - an AAGUID: `2fc0579f-8113-47ea-b116-bb5a8db9202a`
/// - a certification of at least a level: `certification:L2`
/// - a kind of key protection: `key-protection:secure_element`
/// - a way to verify the user: `user-verification:fingerprint_internal`
/// - a status in force: `status:FIDO_CERTIFIED_L1`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelQuery(Vec<Property>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Property {
    Aaguid(Uuid),
    Certification(CertificationLevel),
    KeyProtection(RegistryValue),
    UserVerification(RegistryValue),
    Status(RegistryValue),
}

impl ModelQuery {
    /// The most properties of one query.
    const MOST: usize = 8;

    /// Reads a query.
    ///
    /// # Errors
    /// `policy.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: String| Problem::new(codes::POLICY_INVALID).detailed(why);
        let mut properties = text
            .split('&')
            .map(|part| Property::read(part.trim(), RegistryValue::parse))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| invalid(format!("\"{}\" describes no models", text.trim())))?;
        properties.sort_unstable();
        properties.dedup();
        if properties.len() > Self::MOST {
            return Err(invalid(format!("more than {} properties", Self::MOST)));
        }
        Ok(Self(properties))
    }

    /// The query of a row, with however many properties; `None` where one of them says nothing.
    pub fn from_stored(text: &str) -> Option<Self> {
        let word = |word: &str| Some(RegistryValue::from_stored(word));
        text.split('&')
            .map(|part| Property::read(part.trim(), word))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Whether a model has all the properties. A model that nothing is known of has its AAGUID.
    pub fn fits(&self, aaguid: Uuid, model: Option<&Model>, now: Timestamp) -> bool {
        self.0
            .iter()
            .all(|property| property.fits(aaguid, model, now))
    }
}

impl Property {
    fn read(text: &str, word: impl Fn(&str) -> Option<RegistryValue>) -> Option<Self> {
        if let Ok(aaguid) = Uuid::try_parse(text) {
            return Some(Self::Aaguid(aaguid));
        }
        let (name, value) = text.split_once(':')?;
        let value = value.trim();
        match name.trim() {
            "aaguid" => Uuid::try_parse(value).ok().map(Self::Aaguid),
            "certification" => CertificationLevel::parse(value).map(Self::Certification),
            "key-protection" => word(value).map(Self::KeyProtection),
            "user-verification" => word(value).map(Self::UserVerification),
            "status" => word(value).map(Self::Status),
            _ => None,
        }
    }

    fn fits(&self, aaguid: Uuid, model: Option<&Model>, now: Timestamp) -> bool {
        let of_model = |holds: &dyn Fn(&Model) -> bool| model.is_some_and(holds);
        match self {
            Self::Aaguid(wanted) => *wanted == aaguid,
            Self::Certification(least) => {
                of_model(&|model| model.certification(now) >= Some(*least))
            }
            Self::KeyProtection(word) => of_model(&|model| model.key_protection.contains(word)),
            Self::UserVerification(word) => {
                of_model(&|model| model.user_verification.contains(word))
            }
            Self::Status(word) => of_model(&|model| {
                let mut statuses = model.statuses(now);
                statuses.any(|status| status == word)
            }),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aaguid(id) => id.hyphenated().fmt(f),
            Self::Certification(level) => write!(f, "certification:{}", level.as_str()),
            Self::KeyProtection(word) => write!(f, "key-protection:{word}"),
            Self::UserVerification(word) => write!(f, "user-verification:{word}"),
            Self::Status(word) => write!(f, "status:{word}"),
        }
    }
}

impl fmt::Display for ModelQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, property) in self.0.iter().enumerate() {
            let between = if place > 0 { " & " } else { "" };
            write!(f, "{between}{property}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for ModelQuery {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::from_stored(&text).ok_or_else(|| format!("\"{text}\" describes no models"))
    }
}

impl From<ModelQuery> for String {
    fn from(query: ModelQuery) -> Self {
        query.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_its_writing_and_nonsense_is_refused() {
        for text in [
            "2fc0579f-8113-47ea-b116-bb5a8db9202a",
            "certification:L2 & key-protection:secure_element",
            "user-verification:fingerprint_internal",
            "status:REVOKED",
        ] {
            assert_eq!(ModelQuery::parse(text).expect(text).to_string(), text);
        }
        let aaguid = ModelQuery::parse(" aaguid: 2FC0579F811347EAB116BB5A8DB9202A ");
        assert_eq!(
            aaguid.expect("an id").to_string(),
            "2fc0579f-8113-47ea-b116-bb5a8db9202a"
        );
        for text in [
            "",
            "&",
            "certification:L9",
            "key-protection:",
            "status:a b",
            "yubikey",
        ] {
            assert!(ModelQuery::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_of_a_row_is_taken_as_it_is() {
        let odd = ["status:of the old form"; ModelQuery::MOST + 1].join(" & ");
        assert!(ModelQuery::parse(&odd).is_err());
        let json = serde_json::to_string(&odd).expect("a text");
        let read: ModelQuery = serde_json::from_str(&json).expect("a query");
        assert_eq!(read.to_string(), odd);
        assert!(ModelQuery::from_stored("yubikey").is_none());
    }
}
