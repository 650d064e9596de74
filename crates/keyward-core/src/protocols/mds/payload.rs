//! What a blob says (FIDO Metadata Service 3.0 §3.1, FIDO Metadata Statement 3.0 §4).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::malformed;
use super::skipped::Skipped;
use crate::clock::Timestamp;
use crate::domain::model::{Model, RegistryValue, Statements, StatusReport};
use crate::problem::Result;

/// The largest icon that is kept, in bytes.
const LARGEST_ICON: usize = 64 * 1024;
/// The longest name of a model that is kept, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// A verified blob's content.
#[derive(Debug)]
pub struct Payload {
    /// The serial number (`no`).
    pub serial: i64,
    /// The day on which the next blob is due, at its beginning.
    pub next_update: Timestamp,
    /// The models that have an AAGUID. U2F models are known by the keys of their certificates and
    /// UAF models by an id of their own; both are left out.
    pub entries: Vec<Entry>,
    /// What could not be read, in the order of the blob.
    pub skipped: Vec<Skipped>,
}

/// What a blob says about one model.
#[derive(Debug)]
pub struct Entry {
    /// As policy looks at it.
    pub model: Model,
    /// Its picture as PNG.
    pub icon: Option<Vec<u8>>,
    /// The roots of its attestation certificates, in DER.
    pub roots: Vec<Vec<u8>>,
    /// The whole entry in JSON.
    pub json: String,
}

#[derive(Deserialize)]
struct Blob {
    no: i64,
    #[serde(rename = "nextUpdate")]
    next_update: String,
    entries: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    aaguid: Option<Uuid>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Members<RawReport>,
}

/// The members that are read; any may be missing or null.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    description: Option<String>,
    icon: Option<String>,
    #[serde(default)]
    key_protection: Members<String>,
    #[serde(default)]
    user_verification_details: Members<Members<Value>>,
    #[serde(default)]
    attestation_root_certificates: Members<String>,
    #[serde(default)]
    attestation_types: Members<String>,
    #[serde(default)]
    attachment_hint: Members<String>,
    authenticator_get_info: Option<GetInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetInfo {
    #[serde(default)]
    attestation_formats: Members<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReport {
    status: String,
    effective_date: Option<String>,
}

/// A list that may be null, as its members may be.
#[derive(Deserialize)]
#[serde(transparent)]
struct Members<T>(Option<Vec<Option<T>>>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Members<T> {
    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten().flatten()
    }
}

impl Members<String> {
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.iter().map(String::as_str)
    }
}

impl Payload {
    /// Reads a payload. An entry that cannot be read is skipped and said; of two about one model,
    /// the first stays, with the reports of both, lest a warning be lost.
    ///
    /// # Errors
    /// `metadata.malformed`, also where no entry can be read although there are some.
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        // Messages that are none stand in one maker's texts, and take nothing from the others.
        let blob: Blob = serde_json::from_str(&String::from_utf8_lossy(json))
            .map_err(|error| malformed("the payload cannot be read").caused_by(error))?;
        if blob.no < 0 {
            return Err(malformed("the serial number (no) is negative"));
        }
        let next_update = day(&blob.next_update)
            .ok_or_else(|| malformed("nextUpdate is not a day such as 2026-11-25"))?;
        let mut payload = Self {
            serial: blob.no,
            next_update,
            entries: Vec::with_capacity(blob.entries.len()),
            skipped: Vec::new(),
        };
        let mut places: HashMap<Uuid, usize> = HashMap::new();
        for (place, raw) in blob.entries.iter().enumerate() {
            // Each by itself: numbers, escapes and depths that are refused are one entry's own.
            let read = serde_json::from_str::<Value>(raw.get());
            let aaguid = read.as_ref().ok().and_then(|raw| raw["aaguid"].as_str());
            let aaguid = aaguid.and_then(|text| Uuid::try_parse(text).ok());
            let skipped = |why| Skipped { place, aaguid, why };
            let entry = read
                .as_ref()
                .map_err(ToString::to_string)
                .and_then(Entry::read);
            match entry {
                Err(why) => payload.skipped.push(skipped(why)),
                Ok(None) => {}
                Ok(Some(entry)) => match places.get(&entry.model.aaguid) {
                    None => {
                        places.insert(entry.model.aaguid, payload.entries.len());
                        payload.entries.push(entry);
                    }
                    Some(first) => {
                        payload
                            .skipped
                            .push(skipped("the model is in it already".to_owned()));
                        payload.warn(*first, entry.model.reports);
                    }
                },
            }
        }
        match (payload.entries.as_slice(), payload.skipped.first()) {
            ([], Some(first)) => Err(malformed(format!("no entry can be read; {first}"))),
            _ => Ok(payload),
        }
    }

    fn warn(&mut self, place: usize, reports: Vec<StatusReport>) {
        let Some(entry) = self.entries.get_mut(place) else {
            return;
        };
        for report in reports {
            if !entry.model.reports.contains(&report) {
                entry.model.reports.push(report);
            }
        }
    }
}

impl Entry {
    /// Reads an entry; `None` for a model without an AAGUID.
    fn read(json: &Value) -> Result<Option<Self>, String> {
        let raw = RawEntry::deserialize(json).map_err(|error| error.to_string())?;
        let Some(aaguid) = raw.aaguid.filter(|aaguid| !aaguid.is_nil()) else {
            return Ok(None);
        };
        let statement = raw.metadata_statement.unwrap_or_default();
        let reports = raw.status_reports.iter().map(RawReport::read);
        let roots = statement.attestation_root_certificates.texts();
        let details = statement.user_verification_details.iter();
        let methods = details.flat_map(Members::iter);
        let methods = methods.filter_map(|one| one["userVerificationMethod"].as_str());
        let formats = statement.authenticator_get_info.unwrap_or_default();
        Ok(Some(Self {
            model: Model {
                aaguid,
                description: description(statement.description.as_deref().unwrap_or_default()),
                reports: reports.collect::<Result<_, String>>()?,
                key_protection: words(statement.key_protection.texts()),
                user_verification: words(methods),
                statements: Statements {
                    types: words(statement.attestation_types.texts()),
                    attachments: words(statement.attachment_hint.texts()),
                    formats: Statements::formats_named(formats.attestation_formats.texts()),
                },
            },
            icon: statement.icon.as_deref().and_then(png),
            roots: roots.map(certificate).collect::<Result<_, _>>()?,
            json: json.to_string(),
        }))
    }
}

impl RawReport {
    fn read(&self) -> Result<StatusReport, String> {
        // Without a day it holds always.
        let effective = self.effective_date.as_deref().map(str::trim);
        let effective = effective.filter(|text| !text.is_empty());
        let effective = effective.map(|text| day(text).ok_or("effectiveDate is no day"));
        Ok(StatusReport {
            status: RegistryValue::parse(self.status.trim()).ok_or("a status is no word")?,
            effective: effective.transpose()?,
        })
    }
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> std::collections::BTreeSet<RegistryValue> {
    texts.filter_map(RegistryValue::parse).collect()
}

fn description(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean.trim().chars().take(LONGEST_DESCRIPTION).collect()
}

/// The beginning of a day in UTC. A time that a maker wrote behind it is not looked at.
fn day(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_at_checked(10)?;
    let is_day = time.is_empty() || time.starts_with(['T', 't', ' ']);
    Timestamp::from_date(day).filter(|_| is_day)
}

/// A certificate; some makers break its base64 into lines, write it as a PEM file has it, leave out
/// its padding or take the letters of base64url.
fn certificate(text: &str) -> Result<Vec<u8>, String> {
    let text = text.split("-----").find(|part| !is_armour(part));
    any_base64(text.unwrap_or_default())
        .ok_or_else(|| "a root certificate is not base64".to_owned())
}

/// Base64 of any alphabet, broken into lines or not, with its padding or without.
pub(super) fn any_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().filter(|c| !c.is_whitespace() && *c != '=');
    let digits: String = digits
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    STANDARD_NO_PAD.decode(digits).ok()
}

fn is_armour(part: &str) -> bool {
    part.trim().is_empty() || part.starts_with("BEGIN ") || part.starts_with("END ")
}

/// The picture of a data URL (RFC 2397), where it is a PNG and not too large. Nothing else is kept:
/// an SVG can carry scripts.
fn png(url: &str) -> Option<Vec<u8>> {
    let text = url.strip_prefix("data:image/png;base64,")?;
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    (is_png && bytes.len() <= LARGEST_ICON).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::codes;

    fn read(json: &str) -> Result<Payload> {
        Payload::read(json.as_bytes())
    }

    #[test]
    fn an_entry_is_read_with_everything_that_policy_asks_for() {
        let payload = read(
            r#"{"legalHeader":"…","no":7,"nextUpdate":"2026-12-01","entries":[
            {"aaid":"1234#5678","statusReports":[],"timeOfLastStatusChange":"2020-01-01"},
            {"aaguid":"01234567-89ab-cdef-0123-456789abcdef","metadataStatement":{
              "description":" Key\u0007 5 ","keyProtection":["hardware","secure_element"],
              "userVerificationDetails":[[{"userVerificationMethod":"passcode_internal"}],
                [{"userVerificationMethod":"presence_internal","caDesc":{}}]],
              "icon":"data:image/png;base64,iVBORw0KGgo=","attestationRootCertificates":["MA ==\n"]},
             "statusReports":[{"status":"REVOKED","effectiveDate":"2026-11-01"},
               {"status":"FIDO_CERTIFIED_L2"}]}]}"#,
        );
        let payload = payload.expect("a payload");
        assert_eq!((payload.serial, payload.entries.len()), (7, 1));
        assert_eq!(payload.next_update.rfc3339(), "2026-12-01T00:00:00Z");
        let entry = &payload.entries[0];
        assert_eq!(entry.model.description, "Key 5");
        assert_eq!(entry.icon.as_deref(), Some(&b"\x89PNG\r\n\x1a\n"[..]));
        assert_eq!(entry.roots, [vec![0x30]]);
        let methods: Vec<_> = entry
            .model
            .user_verification
            .iter()
            .map(RegistryValue::as_str)
            .collect();
        assert_eq!(methods, ["passcode_internal", "presence_internal"]);
        let since = entry.model.reports[0].effective.expect("a day");
        assert_eq!(since.rfc3339(), "2026-11-01T00:00:00Z");
    }

    fn edition(entries: &[String]) -> String {
        let entries = entries.join(",");
        format!(r#"{{"no":1,"nextUpdate":"2026-12-01","entries":[{entries}]}}"#)
    }

    const ID: &str = r#""aaguid":"01234567-89ab-cdef-0123-456789abcdef""#;

    #[test]
    fn a_payload_that_cannot_be_read_is_refused() {
        for (json, why) in [
            ("[]".to_owned(), "payload"),
            (
                r#"{"no":-1,"nextUpdate":"2026-12-01","entries":[]}"#.to_owned(),
                "negative",
            ),
            (
                r#"{"no":1,"nextUpdate":"soon","entries":[]}"#.to_owned(),
                "nextUpdate",
            ),
            (edition(&[r#"{"aaguid":"x"}"#.to_owned()]), "entry 0"),
        ] {
            let problem = read(&json).expect_err(&json);
            assert_eq!(problem.code(), codes::METADATA_MALFORMED, "{json}");
            assert!(
                problem.to_string().contains(why),
                "{problem} does not say {why}"
            );
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_skipped_and_the_others_are_taken() {
        let good = r#"{"aaguid":"11111111-89ab-cdef-0123-456789abcdef"}"#.to_owned();
        for (odd, why) in [
            ("null".to_owned(), "entry 1: "),
            // What the reader of JSON itself refuses.
            (
                format!(r#"{{{ID},"x":1e999}}"#),
                "entry 1: number out of range",
            ),
            (format!(r#"{{{ID},"x":"\ud800"}}"#), "entry 1: "),
            (
                format!("{{{ID},\"x\":{}{}}}", "[".repeat(300), "]".repeat(300)),
                "entry 1: recursion limit",
            ),
            ("7".to_owned(), "entry 1: "),
            (r#"{"aaguid":"x"}"#.to_owned(), "entry 1: "),
            (
                format!(r#"{{{ID},"statusReports":[{{"status":"a b"}}]}}"#),
                "entry 1 (01234567-89ab-cdef-0123-456789abcdef): a status is no word",
            ),
            (
                format!(
                    r#"{{{ID},"statusReports":[{{"status":"REVOKED","effectiveDate":"soon"}}]}}"#
                ),
                "effectiveDate is no day",
            ),
            (
                format!(r#"{{{ID},"metadataStatement":{{"attestationRootCertificates":["!"]}}}}"#),
                "not base64",
            ),
            (format!(r#"{{{ID},"metadataStatement":[]}}"#), "entry 1"),
        ] {
            let last = good.replace("1111", "2222");
            let payload = read(&edition(&[good.clone(), odd.clone(), last])).expect(&odd);
            assert_eq!(
                (payload.entries.len(), payload.skipped.len()),
                (2, 1),
                "{odd}"
            );
            let said = payload.skipped[0].to_string();
            assert!(said.contains(why), "{said} does not say {why}");
        }
    }

    #[test]
    fn oddities_that_can_be_understood_are() {
        let entry = |members: &str| edition(&[format!("{{{ID},{members}}}")]);
        for members in [
            r#""metadataStatement":null,"statusReports":null"#,
            r#""metadataStatement":null,"statusReports":[],"rogueListURL":7,"aaid":"1#2""#,
            r#""statusReports":[{"status":" REVOKED "}],"legalHeader":[]"#,
            r#""metadataStatement":{"description":null,"icon":null,"keyProtection":null,
                "userVerificationDetails":[null,[null]],"attestationRootCertificates":[null],
                "attestationTypes":null,"authenticatorGetInfo":null}"#,
            r#""statusReports":[null,{"status":"REVOKED","effectiveDate":null}]"#,
            r#""statusReports":[{"status":"REVOKED","effectiveDate":""}]"#,
            r#""statusReports":[{"status":"REVOKED","effectiveDate":"2026-11-01T12:30:00Z"}]"#,
            r#""statusReports":[{"status":"REVOKED","effectiveDate":" 2026-11-01 12:30"}]"#,
        ] {
            let payload = read(&entry(members)).expect(members);
            assert_eq!(
                (payload.entries.len(), payload.skipped.len()),
                (1, 0),
                "{members}"
            );
            let model = &payload.entries[0].model;
            let now = Timestamp::from_date("2026-11-02").expect("a day");
            let is_revoked = model.statuses(now).any(|one| one.as_str() == "REVOKED");
            assert_eq!(is_revoked, members.contains("REVOKED"), "{members}");
        }
        for root in [
            "+/8=",
            "+/8",
            "-_8",
            " +/\\n8= ",
            "-----BEGIN CERTIFICATE-----\\n+/8=\\n-----END CERTIFICATE-----\\n",
        ] {
            let members =
                format!(r#""metadataStatement":{{"attestationRootCertificates":["{root}"]}}"#);
            let payload = read(&entry(&members)).expect(root);
            assert_eq!(payload.entries[0].roots, [vec![0xfb, 0xff]], "{root}");
        }
    }

    #[test]
    fn of_two_entries_about_one_model_the_first_stays_with_the_warnings_of_both() {
        let first = format!(
            r#"{{{ID},"metadataStatement":{{"description":"One"}},
                "statusReports":[{{"status":"FIDO_CERTIFIED"}}]}}"#
        );
        let second = format!(
            r#"{{{ID},"metadataStatement":{{"description":"Two"}},
                "statusReports":[{{"status":"FIDO_CERTIFIED"}},{{"status":"REVOKED"}}]}}"#
        );
        let payload = read(&edition(&[first, second])).expect("a payload");
        assert_eq!(payload.entries.len(), 1);
        let model = &payload.entries[0].model;
        assert_eq!(
            (model.description.as_str(), model.reports.len()),
            ("One", 2)
        );
        assert!(
            payload.skipped[0]
                .to_string()
                .ends_with("the model is in it already")
        );
    }

    #[test]
    fn pictures_are_small_and_png_or_left_out() {
        assert!(png("data:image/png;base64,iVBORw0KGgo=").is_some());
        let large = [&b"\x89PNG\r\n\x1a\n"[..], &vec![0; LARGEST_ICON]].concat();
        let large = format!("data:image/png;base64,{}", STANDARD.encode(large));
        for url in [
            "data:image/svg+xml;base64,PHN2Zy8+",
            "data:image/png;base64,PHN2Zy8+",
            "data:image/png;base64,!",
            "https://example.org/key.png",
            &large,
        ] {
            assert!(png(url).is_none(), "{}", &url[..30.min(url.len())]);
        }
    }
}
