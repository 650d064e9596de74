//! What a client asks our validation server: protocol version 2.0, and 1.x at its own address.
//!
//! A question is read as the reference server reads it, in its order, because clients have come to
//! rely on which of two mistakes is named. What cannot be read is refused before it is known which client
//! asks, so those refusals are signed with the empty key.

use url::form_urlencoded;
use zeroize::Zeroizing;

use super::Otp;
use super::response::Declined;
use super::signature::{ApiKey, Fields};
use crate::domain::validation_client::ValidationClientId;

/// Which generation of the protocol is spoken; the address says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.x, at `/wsapi/verify`: no nonce, no `sl`, and answers do not repeat the OTP.
    One,
    /// 2.0, at `/wsapi/2.0/verify`.
    Two,
}

/// A question that can be answered: every parameter is well-formed.
pub struct Question {
    version: Version,
    client: ValidationClientId,
    otp: Otp,
    nonce: String,
    wants_counters: bool,
    signature: Option<String>,
    /// Everything that was asked save the signature, as the signature covers it.
    signed: Zeroizing<String>,
}

/// The longest question that is read, in bytes; honest ones have about 200.
pub const LONGEST_QUESTION: usize = 4096;

/// The most parameters of a question.
const MOST_PARAMETERS: usize = 32;

impl Question {
    /// Reads parameters in the form of a query or a form's body (WHATWG URL §5.1). Of two of one
    /// name the last counts, for the signature too, so that what was signed is what was read.
    ///
    /// # Errors
    /// The status to answer with: `MISSING_PARAMETER`, `BAD_OTP`, or `NO_SUCH_CLIENT` for a number
    /// that no client can have.
    pub fn read(version: Version, parameters: &[u8]) -> Result<Self, Declined> {
        let missing = Declined::MissingParameter;
        if parameters.len() > LONGEST_QUESTION {
            return Err(missing);
        }
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(parameters) {
            if fields.len() == MOST_PARAMETERS {
                return Err(missing);
            }
            fields.push((name, Zeroizing::new(value.into_owned())));
        }
        let fields: Fields<'_> = fields
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_str()))
            .collect();
        Self::of(version, fields)
    }

    fn of(version: Version, mut fields: Fields<'_>) -> Result<Self, Declined> {
        let missing = Declined::MissingParameter;
        let signature = fields.remove("h").map(trim);
        let field = |name: &str| fields.get(name).map_or("", |value| trim(value));
        let nonce = field("nonce");
        if version == Version::Two {
            if matches!(nonce, "" | "0") || !is_sync_level(field("sl")) {
                return Err(missing);
            }
            if !is_timeout(field("timeout")) {
                return Err(missing);
            }
        }
        let otp = Otp::parse_of_any_slot(field("otp")).ok_or(Declined::BadOtp)?;
        let client = client_number(field("id"))?;
        if version == Version::Two && !is_nonce(nonce) {
            return Err(missing);
        }
        let client = client.ok_or(Declined::NoSuchClient)?;
        Ok(Self {
            version,
            client,
            otp,
            nonce: match version {
                Version::One => String::new(),
                Version::Two => nonce.to_owned(),
            },
            wants_counters: is_one(field("timestamp")),
            signature: signature
                .filter(|signature| !signature.is_empty())
                .map(str::to_owned),
            signed: super::signature::signed_text(&fields),
        })
    }

    /// Who asks, by what they say.
    pub fn client(&self) -> ValidationClientId {
        self.client
    }

    /// What they ask about.
    pub fn otp(&self) -> &Otp {
        &self.otp
    }

    /// What ties the answer to the question: 16 to 40 letters and digits; empty in version 1.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The generation of the protocol.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the answer shall tell the key's counters.
    pub fn wants_counters(&self) -> bool {
        self.wants_counters
    }

    /// Whether the question carries a signature, right or wrong.
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Whether the signature is this key's, told in constant time; a question without one is
    /// any client's.
    pub fn is_signed_by(&self, key: &ApiKey) -> bool {
        self.signature
            .as_deref()
            .is_some_and(|signature| key.verifies_text(&self.signed, signature))
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Question({}, {:?})", self.client, self.otp)
    }
}

/// Without what the reference server takes off both ends: less than is white space in Unicode, and
/// the zero byte.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b'])
}

/// Whether a number is one, however it is written: the reference server compares numbers, not texts.
fn is_one(text: &str) -> bool {
    text.parse() == Ok(1.0_f64)
}

/// `fast`, `secure`, or a number that begins above zero: the reference server reads the digits at
/// its beginning and no further, and takes zero for no level at all. Keyward has no peers to ask, so
/// none of it matters further.
fn is_sync_level(text: &str) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case("fast")
        || text.eq_ignore_ascii_case("secure")
        || leading_digits(text).bytes().any(|digit| digit != b'0')
}

/// A number of seconds, read in the same way.
fn is_timeout(text: &str) -> bool {
    text.is_empty() || !leading_digits(text).is_empty()
}

fn leading_digits(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.strip_suffix(rest).unwrap_or_default()
}

/// The most digits of a client's number.
const LONGEST_NUMBER: usize = 10;

/// The client of a number; `None` where it is greater than any that a client can have.
fn client_number(text: &str) -> Result<Option<ValidationClientId>, Declined> {
    let is_zero = text.bytes().all(|digit| digit == b'0');
    if !is_digits(text) || is_zero || text.len() > LONGEST_NUMBER {
        return Err(Declined::MissingParameter);
    }
    Ok(ValidationClientId::parse(text))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_nonce(text: &str) -> bool {
    (16..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
