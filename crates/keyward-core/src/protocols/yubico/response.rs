//! What a validation service answers, and whether it is its answer at all.
//!
//! A body is read strictly: an attacker on the way, or a confused proxy, may have written any of
//! it. Nothing in it counts unless all of it fits.

use super::Otp;
use super::otp::ConfirmedOtp;
use super::request::Nonce;
use super::signature::{ApiKey, Fields};
use crate::domain::outgoing::ConnectFailure;
use crate::secret;

/// The fields that the protocol knows in an answer, beside `h`.
const KNOWN_FIELDS: [&str; 8] = [
    "nonce",
    "otp",
    "sessioncounter",
    "sessionuse",
    "sl",
    "status",
    "t",
    "timestamp",
];

/// A service's own answer to our question.
#[derive(Debug)]
#[must_use]
pub enum Answer {
    /// The OTP is good, and was never seen before.
    Confirmed(ConfirmedOtp),
    /// Anything else.
    Declined(Declined),
}

/// Why a service does not confirm an OTP: the protocol's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declined {
    /// Not an OTP, or of a key that the service does not know.
    BadOtp,
    /// The OTP, or a newer one of the key, was seen before.
    ReplayedOtp,
    /// The service has seen this very request before.
    ReplayedRequest,
    /// Our signature is wrong: the API key is not the service's.
    BadSignature,
    /// The service misses a parameter or dislikes its value.
    MissingParameter,
    /// Our client id is unknown.
    NoSuchClient,
    /// Our client may not verify OTPs.
    OperationNotAllowed,
    /// The service is out of order.
    BackendError,
    /// Too few of the server's peers answered in time.
    NotEnoughAnswers,
}

impl Declined {
    const ALL: [Self; 9] = [
        Self::BadOtp,
        Self::ReplayedOtp,
        Self::ReplayedRequest,
        Self::BadSignature,
        Self::MissingParameter,
        Self::NoSuchClient,
        Self::OperationNotAllowed,
        Self::BackendError,
        Self::NotEnoughAnswers,
    ];

    /// The protocol's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadOtp => "BAD_OTP",
            Self::ReplayedOtp => "REPLAYED_OTP",
            Self::ReplayedRequest => "REPLAYED_REQUEST",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::MissingParameter => "MISSING_PARAMETER",
            Self::NoSuchClient => "NO_SUCH_CLIENT",
            Self::OperationNotAllowed => "OPERATION_NOT_ALLOWED",
            Self::BackendError => "BACKEND_ERROR",
            Self::NotEnoughAnswers => "NOT_ENOUGH_ANSWERS",
        }
    }

    /// Whether it says that the OTP was used before.
    pub fn is_replay(self) -> bool {
        matches!(self, Self::ReplayedOtp | Self::ReplayedRequest)
    }

    fn parse(status: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == status)
    }
}

/// Why what a server did is not its service's answer to our question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidAnswer {
    /// No connection, or it broke, for this reason.
    Unreachable(ConnectFailure),
    /// No whole answer in time.
    TooSlow,
    /// Another HTTP status than 200. Redirects count here: they are never followed.
    HttpStatus(u16),
    /// A body longer than any answer can be.
    TooLong,
    /// Not lines of `name=value` in printable ASCII.
    NotAnAnswer,
    /// The same field twice, of which a signature covers one at most.
    FieldTwice,
    /// A field that the protocol does not know.
    UnknownField,
    /// No `status`.
    NoStatus,
    /// A `status` that the protocol does not know.
    UnknownStatus,
    /// No signature where we share a key, and what it claims to have declined.
    Unsigned(Option<Declined>),
    /// Another key's signature, or one of other fields, and what it claims to have declined.
    WrongSignature(Option<Declined>),
    /// It speaks of no OTP or of another one.
    OtherOtp,
    /// It answers no request or another one.
    OtherNonce,
    /// Our API key for the service cannot be read, so nothing of it can be believed.
    KeyUnreadable,
}

impl InvalidAnswer {
    /// A stable word for the audit trail, the log and the locale files.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unreachable(obstacle) => obstacle.reason(),
            Self::TooSlow => "too_slow",
            Self::HttpStatus(_) => "http_status",
            Self::TooLong => "too_long",
            Self::NotAnAnswer => "not_an_answer",
            Self::FieldTwice => "field_twice",
            Self::UnknownField => "unknown_field",
            Self::NoStatus => "no_status",
            Self::UnknownStatus => "unknown_status",
            Self::Unsigned(_) => "unsigned",
            Self::WrongSignature(_) => "wrong_signature",
            Self::OtherOtp => "other_otp",
            Self::OtherNonce => "other_nonce",
            Self::KeyUnreadable => "key_unreadable",
        }
    }
}

pub(super) fn read(
    body: &[u8],
    otp: &Otp,
    nonce: &Nonce,
    key: Option<&ApiKey>,
) -> Result<Answer, InvalidAnswer> {
    let (fields, signature) = split(body)?;
    let status = *fields.get("status").ok_or(InvalidAnswer::NoStatus)?;
    let declined = Declined::parse(status);
    if let Some(key) = key {
        let signature = signature.ok_or(InvalidAnswer::Unsigned(declined))?;
        if !key.verifies(&fields, signature) {
            return Err(InvalidAnswer::WrongSignature(declined));
        }
    }
    if status != "OK" && declined.is_none() {
        return Err(InvalidAnswer::UnknownStatus);
    }
    // Servers leave the echo out of errors; what is there must be ours all the same.
    let echoes = |field: &str, ours: &str| match fields.get(field) {
        Some(theirs) => secret::same(theirs.as_bytes(), ours.as_bytes()),
        None => declined.is_some(),
    };
    if !echoes("otp", otp.expose()) {
        return Err(InvalidAnswer::OtherOtp);
    }
    if !echoes("nonce", nonce.as_str()) {
        return Err(InvalidAnswer::OtherNonce);
    }
    Ok(match declined {
        Some(declined) => Answer::Declined(declined),
        None => Answer::Confirmed(ConfirmedOtp::by_service(otp)),
    })
}

/// The fields of a body and its signature. Lines end with CRLF or LF; empty ones may only follow
/// the last field.
fn split(body: &[u8]) -> Result<(Fields<'_>, Option<&str>), InvalidAnswer> {
    let text = str::from_utf8(body).map_err(|_| InvalidAnswer::NotAnAnswer)?;
    let mut fields = Fields::new();
    let mut signature = None;
    for line in text.trim_end_matches(['\r', '\n']).split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or(InvalidAnswer::NotAnAnswer)?;
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(InvalidAnswer::NotAnAnswer);
        }
        let earlier = match name {
            "h" => signature.replace(value),
            _ if KNOWN_FIELDS.contains(&name) => fields.insert(name, value),
            _ => return Err(InvalidAnswer::UnknownField),
        };
        if earlier.is_some() {
            return Err(InvalidAnswer::FieldTwice);
        }
    }
    Ok((fields, signature))
}
