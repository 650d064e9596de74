//! What is known of an authenticator model from FIDO metadata.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;

/// How far a model was certified by the FIDO Alliance, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CertificationLevel {
    /// Level 1, which plain `FIDO_CERTIFIED` stands for too.
    L1,
    /// Level 1+.
    L1plus,
    /// Level 2.
    L2,
    /// Level 2+.
    L2plus,
    /// Level 3.
    L3,
    /// Level 3+.
    L3plus,
}

impl CertificationLevel {
    /// Every level, weakest first.
    pub const ALL: [Self; 6] = [
        Self::L1,
        Self::L1plus,
        Self::L2,
        Self::L2plus,
        Self::L3,
        Self::L3plus,
    ];

    /// The stable name: `L1`, `L1plus` …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L1plus => "L1plus",
            Self::L2 => "L2",
            Self::L2plus => "L2plus",
            Self::L3 => "L3",
            Self::L3plus => "L3plus",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// The level that a status of the metadata service tells; `None` for statuses of other kinds.
    pub fn of_status(status: &str) -> Option<Self> {
        match status.strip_prefix("FIDO_CERTIFIED")? {
            "" => Some(Self::L1),
            level => Self::parse(level.strip_prefix('_')?),
        }
    }
}

/// One word of the metadata service: a status (`REVOKED`), a kind of key protection (`hardware`)
/// or a way to verify the user (`fingerprint_internal`). 1 to 64 of letters, digits and `_`; the
/// registry grows, so values that are unknown here are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct RegistryValue(String);

impl RegistryValue {
    /// A word of the right form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let fits = (1..=64).contains(&text.len()) && text.chars().all(sound);
        fits.then(|| Self(text.to_owned()))
    }

    /// The word of a row, as it is.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistryValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for RegistryValue {
    fn from(text: String) -> Self {
        Self::from_stored(&text)
    }
}

impl From<RegistryValue> for String {
    fn from(word: RegistryValue) -> Self {
        word.0
    }
}

/// What the metadata service reported about a model (FIDO Metadata Service 3.0 §3.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// `FIDO_CERTIFIED_L2`, `REVOKED`, `USER_KEY_PHYSICAL_COMPROMISE` …
    pub status: RegistryValue,
    /// From when it holds; `None` where the report does not say, and it holds always.
    pub effective: Option<Timestamp>,
}

/// A model, as policy looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its id, which an authenticator tells itself.
    pub aaguid: Uuid,
    /// The product's name.
    pub description: String,
    /// Everything that was reported about it.
    pub reports: Vec<StatusReport>,
    /// How it guards its keys: `hardware`, `secure_element` … (FIDO Registry §3.2).
    pub key_protection: BTreeSet<RegistryValue>,
    /// How it can verify its user: `passcode_internal`, `fingerprint_internal` … (FIDO Registry
    /// §3.1).
    pub user_verification: BTreeSet<RegistryValue>,
    /// Which attestation statements it makes.
    #[serde(default)]
    pub statements: Statements,
}

/// Which attestation statements a model makes, as far as its metadata says. Its roots count for no
/// others: an authority that signs for phones and for keys would vouch for either as the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    /// How they are proved: `basic_full`, `attca`, `anonca` … (FIDO Registry §3.6); empty where
    /// nothing is said.
    pub types: BTreeSet<RegistryValue>,
    /// Where the authenticator is: `internal`, `external`, `wired` … (FIDO Registry §3.4); empty
    /// where nothing is said.
    pub attachments: BTreeSet<RegistryValue>,
    /// Their formats, as the authenticator lists them itself (CTAP 2.2 §6.4); empty where nothing
    /// is said.
    pub formats: BTreeSet<String>,
}

impl Statements {
    /// The longest name of a format (WebAuthn L3 §8.1).
    const LONGEST_FORMAT: usize = 32;

    /// The formats of these names.
    pub fn formats_named<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        names
            .filter(|name| name.len() <= Self::LONGEST_FORMAT)
            .map(str::to_owned)
            .collect()
    }

    /// Whether a statement of this format that comes with a chain may be this model's.
    pub fn include(&self, format: &str) -> bool {
        let (types, is_of_platforms): (&[&str], bool) = match format {
            // The format does not tell which of the three it is.
            "packed" => (&["basic_full", "attca", "anonca"], false),
            "tpm" => (&["attca"], true),
            "android-key" => (&["basic_full"], true),
            "apple" => (&["anonca"], true),
            "fido-u2f" => (&["basic_full"], false),
            _ => return false,
        };
        let says = |words: &BTreeSet<RegistryValue>, wanted: &[&str]| {
            words.is_empty() || words.iter().any(|word| wanted.contains(&word.as_str()))
        };
        says(&self.types, types)
            && (self.formats.is_empty() || self.formats.contains(format))
            && (!is_of_platforms || says(&self.attachments, &["internal"]))
    }
}

impl Model {
    /// The statuses that hold at a moment.
    pub fn statuses(&self, now: Timestamp) -> impl Iterator<Item = &RegistryValue> {
        let holds = move |report: &&StatusReport| report.effective.is_none_or(|from| from <= now);
        self.reports
            .iter()
            .filter(holds)
            .map(|report| &report.status)
    }

    /// The highest certification that holds; none where it was revoked.
    pub fn certification(&self, now: Timestamp) -> Option<CertificationLevel> {
        if self
            .statuses(now)
            .any(|status| status.as_str() == "REVOKED")
        {
            return None;
        }
        self.statuses(now)
            .filter_map(|status| CertificationLevel::of_status(status.as_str()))
            .max()
    }
}

/// Which metadata a database holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataEdition {
    /// The serial number (`no`), which never goes back.
    pub serial: i64,
    /// When the next one is due, at the latest.
    pub next_update: Timestamp,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// How many models it tells of.
    pub models: i64,
    /// The SHA-256 digest of the blob, in hexadecimal.
    pub digest: String,
}

impl MetadataEdition {
    /// Whether the next edition should have come already.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        is_overdue(self.next_update, now)
    }
}

/// Whether an update that was due on a day is late: the day itself is still in time.
pub fn is_overdue(next_update: Timestamp, now: Timestamp) -> bool {
    now >= next_update + std::time::Duration::from_hours(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(reports: &[(&str, Option<i64>)]) -> Model {
        let report = |(status, from): &(&str, Option<i64>)| StatusReport {
            status: RegistryValue::parse(status).expect("a word"),
            effective: from.map(Timestamp::from_seconds),
        };
        Model {
            aaguid: Uuid::nil(),
            description: "Key".to_owned(),
            reports: reports.iter().map(report).collect(),
            key_protection: BTreeSet::new(),
            user_verification: BTreeSet::new(),
            statements: Statements::default(),
        }
    }

    #[test]
    fn a_root_counts_for_the_statements_of_its_model_alone() {
        let word = |word: &&str| RegistryValue::parse(word).expect("a word");
        let statements = |types: &[&str], attachments: &[&str], formats: &[&str]| Statements {
            types: types.iter().map(word).collect(),
            attachments: attachments.iter().map(word).collect(),
            formats: Statements::formats_named(formats.iter().copied()),
        };
        let all = ["packed", "tpm", "android-key", "apple"];
        let cases: [(Statements, &[&str]); 7] = [
            (Statements::default(), &all),
            (
                statements(&["basic_full"], &[], &[]),
                &["packed", "android-key"],
            ),
            (
                statements(&["basic_full"], &["external", "wired"], &[]),
                &["packed"],
            ),
            (
                statements(&["attca"], &["internal"], &[]),
                &["packed", "tpm"],
            ),
            (statements(&["anonca"], &[], &[]), &["packed", "apple"]),
            (statements(&["basic_surrogate"], &[], &[]), &[]),
            (statements(&["basic_full"], &[], &["packed"]), &["packed"]),
        ];
        for (statements, formats) in cases {
            let included = all.into_iter().filter(|format| statements.include(format));
            assert_eq!(included.collect::<Vec<_>>(), formats, "{statements:?}");
        }
        assert!(!Statements::default().include("none"));
    }

    #[test]
    fn the_highest_certification_in_force_counts_until_it_is_revoked() {
        let now = Timestamp::from_seconds(1000);
        let of = |reports: &[_]| model(reports).certification(now);
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[("FIDO_CERTIFIED", None)]),
            Some(CertificationLevel::L1)
        );
        let two = [
            ("FIDO_CERTIFIED_L2", Some(900)),
            ("FIDO_CERTIFIED_L1", Some(1000)),
        ];
        assert_eq!(of(&two), Some(CertificationLevel::L2));
        assert_eq!(of(&[("FIDO_CERTIFIED_L3plus", Some(1001))]), None);
        assert_eq!(
            of(&[("FIDO_CERTIFIED_L2", None), ("REVOKED", Some(999))]),
            None
        );
        assert_eq!(
            of(&[("FIDO_CERTIFIED_L9", None), ("UPDATE_AVAILABLE", None)]),
            None
        );
    }

    #[test]
    fn an_update_is_in_time_on_its_day() {
        let day = Timestamp::from_seconds(1_795_564_800);
        let hours = |hours| day + std::time::Duration::from_hours(hours);
        assert!(!is_overdue(day, hours(23)));
        assert!(is_overdue(day, hours(24)));
    }
}
