//! Client data (WebAuthn L3 §5.8.1): what the browser says about the ceremony, and the
//! authenticator signs.

use serde::{Deserialize, Deserializer};

use super::{malformed, refused, refused_as};
use crate::problem::{Result, Wording};

/// What a ceremony is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make a credential.
    Create,
    /// To use one.
    Get,
}

impl Purpose {
    fn client_data_type(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// What was asked, for comparison with what was answered.
#[derive(Clone, Copy, Debug)]
pub struct CeremonyTerms<'a> {
    /// What for.
    pub purpose: Purpose,
    /// The challenge as it was sent, in base64url.
    pub challenge: &'a str,
    /// The origins whose pages may ask, as browsers write them.
    pub origins: &'a [String],
    /// The origins whose pages may show ours in a frame, as browsers write them.
    pub top_origins: &'a [String],
}

/// How the page that asked was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By itself, or in a page of its own origin.
    Alone,
    /// In a frame of another origin, which may show it.
    InFrame,
}

/// The members of client data that mean something to us. A member that stands there twice is
/// refused by the reader; members that we do not know are no reason to refuse (§5.8.1.2).
#[derive(Debug, Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    purpose: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin", deserialize_with = "present")]
    cross_origin: Option<bool>,
    #[serde(default, rename = "topOrigin", deserialize_with = "present")]
    top_origin: Option<serde_json::Value>,
    #[serde(default, rename = "tokenBinding", deserialize_with = "present")]
    token_binding: Option<TokenBinding>,
}

#[derive(Debug, Deserialize)]
struct TokenBinding {
    status: String,
    #[serde(default, deserialize_with = "present")]
    id: Option<serde_json::Value>,
}

/// Reads a member that may be absent, but not null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The challenge that client data name, for finding out which ceremony they belong to. Nothing is
/// checked yet.
///
/// # Errors
/// `ceremony.malformed`
pub fn challenge(bytes: &[u8]) -> Result<String> {
    read(bytes).map(|data| data.challenge)
}

/// What the standard's UTF-8 decoding passes over at the beginning (§7.1 step 5, §7.2 step 8).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a byte-order mark stands before the client data.
pub fn has_mark(bytes: &[u8]) -> bool {
    bytes.starts_with(BYTE_ORDER_MARK)
}

fn read(bytes: &[u8]) -> Result<ClientData> {
    let json = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    serde_json::from_slice(json)
        .map_err(|error| malformed("the client data cannot be read").caused_by(error))
}

/// Checks client data against what was asked (WebAuthn L3 §7.1 and §7.2, the steps on `C`).
///
/// Origins are compared as strings: a browser writes an origin in one way, so another case, a
/// path or user information were written by something else. Frames of other origins may ask where
/// such origins are named, and then under one of these.
///
/// # Errors
/// `ceremony.malformed` where it cannot be read, `ceremony.refused` where it says anything else
/// than it must.
pub fn check(bytes: &[u8], asked: CeremonyTerms<'_>) -> Result<Shown> {
    let data = read(bytes)?;
    if data.purpose != asked.purpose.client_data_type() {
        return Err(refused("the client data are of another type"));
    }
    // Comparing the spelling is comparing the bytes: there is one spelling.
    if data.challenge != asked.challenge {
        return Err(refused("the challenge is another one"));
    }
    if !asked.origins.contains(&data.origin) {
        return Err(refused_as(Wording::Origin, "the origin is none of ours"));
    }
    let shown = shown(
        data.cross_origin,
        data.top_origin.as_ref(),
        asked.top_origins,
    )?;
    // No connection of ours has token binding, so no browser can have used it.
    if let Some(binding) = data.token_binding
        && (binding.id.is_some()
            || !matches!(binding.status.as_str(), "supported" | "not-supported"))
    {
        return Err(refused("the client data are bound to another connection"));
    }
    Ok(shown)
}

/// The steps on `crossOrigin` and `topOrigin`. Browsers that do not name the site around a frame
/// leave it to the page to say who may show it, which ours does (`frame-ancestors`).
fn shown(
    cross_origin: Option<bool>,
    top_origin: Option<&serde_json::Value>,
    expected: &[String],
) -> Result<Shown> {
    if cross_origin != Some(true) && top_origin.is_none() {
        return Ok(Shown::Alone);
    }
    if expected.is_empty() {
        return Err(refused("the ceremony ran in a frame of another origin"));
    }
    if cross_origin != Some(true) {
        return Err(refused("there is a site around a frame that is none"));
    }
    let is_expected = top_origin.is_none_or(|told| {
        let told = told.as_str();
        told.is_some_and(|told| expected.iter().any(|origin| origin == told))
    });
    if !is_expected {
        return Err(refused(
            "the ceremony ran in a frame of an origin that may show none",
        ));
    }
    Ok(Shown::InFrame)
}
