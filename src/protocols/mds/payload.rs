//! What a blob says (FIDO Metadata Service 3.0 §3.1, FIDO Metadata Statement 3.0 §4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::malformed;
use crate::clock::Timestamp;
use crate::domain::model::{MetadataWord, Model, StatusReport};
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
    entries: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    aaguid: Option<Uuid>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Vec<RawReport>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(default)]
    description: String,
    icon: Option<String>,
    #[serde(default)]
    key_protection: Vec<String>,
    #[serde(default)]
    user_verification_details: Vec<Vec<Value>>,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReport {
    status: String,
    effective_date: Option<String>,
}

impl Payload {
    /// Reads a payload.
    ///
    /// # Errors
    /// `metadata.malformed`, with the place of an entry that cannot be read.
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        let blob: Blob = serde_json::from_slice(json)
            .map_err(|error| malformed("the payload cannot be read").caused_by(error))?;
        if blob.no < 0 {
            return Err(malformed("the serial number (no) is negative"));
        }
        let next_update = day(&blob.next_update)
            .ok_or_else(|| malformed("nextUpdate is not a day such as 2026-11-25"))?;
        let entries = blob.entries.iter().enumerate();
        let read = entries.map(|(place, raw)| {
            Entry::read(raw).map_err(|why| malformed(format!("entry {place}: {why}")))
        });
        let mut entries = read
            .filter_map(Result::transpose)
            .collect::<Result<Vec<Entry>>>()?;
        entries.sort_by_key(|entry| entry.model.aaguid);
        let twice = entries
            .windows(2)
            .find(|pair| pair[0].model.aaguid == pair[1].model.aaguid);
        if let Some(pair) = twice {
            let id = pair[0].model.aaguid;
            return Err(malformed(format!("{id} is in it twice")));
        }
        Ok(Self {
            serial: blob.no,
            next_update,
            entries,
        })
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
        let roots = statement.attestation_root_certificates.iter();
        let methods = statement.user_verification_details.iter().flatten();
        let methods = methods.filter_map(|one| one["userVerificationMethod"].as_str());
        Ok(Some(Self {
            model: Model {
                aaguid,
                description: description(&statement.description),
                reports: reports.collect::<Result<_, String>>()?,
                key_protection: words(statement.key_protection.iter().map(String::as_str)),
                user_verification: words(methods),
            },
            icon: statement.icon.as_deref().and_then(png),
            roots: roots
                .map(|text| certificate(text))
                .collect::<Result<_, _>>()?,
            json: json.to_string(),
        }))
    }
}

impl RawReport {
    fn read(&self) -> Result<StatusReport, String> {
        let effective = self.effective_date.as_deref();
        let effective = effective.map(|text| day(text).ok_or("effectiveDate is no day"));
        Ok(StatusReport {
            status: MetadataWord::parse(&self.status).ok_or("a status is no word")?,
            effective: effective.transpose()?,
        })
    }
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> std::collections::BTreeSet<MetadataWord> {
    texts.filter_map(MetadataWord::parse).collect()
}

fn description(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean.trim().chars().take(LONGEST_DESCRIPTION).collect()
}

/// The beginning of a day in UTC.
fn day(text: &str) -> Option<Timestamp> {
    Timestamp::from_date(text)
}

/// A certificate; some makers break its base64 into lines.
fn certificate(text: &str) -> Result<Vec<u8>, String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD
        .decode(text)
        .map_err(|_| "a root certificate is not base64".to_owned())
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
            .map(MetadataWord::as_str)
            .collect();
        assert_eq!(methods, ["passcode_internal", "presence_internal"]);
        let since = entry.model.reports[0].effective.expect("a day");
        assert_eq!(since.rfc3339(), "2026-11-01T00:00:00Z");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        let entry =
            |entry: &str| format!(r#"{{"no":1,"nextUpdate":"2026-12-01","entries":[{entry}]}}"#);
        let id = r#""aaguid":"01234567-89ab-cdef-0123-456789abcdef""#;
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
            (entry(r#"{"aaguid":"x"}"#), "entry 0"),
            (entry(&format!("{{{id}}},{{{id}}}")), "twice"),
            (
                entry(&format!(r#"{{{id},"statusReports":[{{"status":"a b"}}]}}"#)),
                "no word",
            ),
            (
                entry(&format!(
                    r#"{{{id},"metadataStatement":{{"attestationRootCertificates":["!"]}}}}"#
                )),
                "not base64",
            ),
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
