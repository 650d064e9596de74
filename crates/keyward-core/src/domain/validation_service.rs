//! A validation service: where one-time passwords of YubiKeys are verified.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::edition::Edition;
use super::id_type;
use super::outgoing::AuthorityCertificates;
use super::spelling::typed_name;
use crate::problem::{Problem, Result, codes};

id_type!(
    /// The id of a validation service's row.
    ValidationServiceId
);

/// How many of its peers a validation server must ask before it answers: the protocol's `sl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncLevel {
    /// As few as the service likes.
    Fast,
    /// As many as the service has.
    Secure,
    /// This many per cent, 0 to 100.
    #[serde(untagged)]
    Percent(u8),
}

impl SyncLevel {
    /// Reads `fast`, `secure` or a number from 0 to 100.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "fast" => Some(Self::Fast),
            "secure" => Some(Self::Secure),
            number => number
                .parse()
                .ok()
                .filter(|percent| *percent <= 100)
                .map(Self::Percent),
        }
    }

    /// The level of a row; `None` where it is none.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "fast" => Some(Self::Fast),
            "secure" => Some(Self::Secure),
            number => number.parse::<u8>().ok().map(Self::Percent),
        }
    }
}

impl std::fmt::Display for SyncLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fast => f.write_str("fast"),
            Self::Secure => f.write_str("secure"),
            Self::Percent(percent) => percent.fmt(f),
        }
    }
}

/// A validation service that we ask.
#[derive(Clone, Debug)]
pub struct ValidationService {
    /// The row; `None` for a service from the settings file, which pages cannot change.
    pub id: Option<ValidationServiceId>,
    /// What it says and how to ask it.
    pub settings: ValidationServiceSettings,
}

/// What an administrator decides about a validation service.
#[derive(Clone, Debug)]
pub struct ValidationServiceSettings {
    /// Its unique name, 1 to 64 characters.
    pub name: String,
    /// Its servers' verify addresses, at least one; all are asked at once.
    pub urls: Vec<Url>,
    /// Our id as its client.
    pub client_id: u64,
    /// The shared key in base64; `None` leaves requests unsigned and answers unchecked, which
    /// only a server behind verified TLS makes bearable.
    pub api_key: Option<SecretString>,
    /// Authorities that its servers' certificates may be signed by, besides those that browsers
    /// trust.
    pub ca: Option<AuthorityCertificates>,
    /// How many peers must agree.
    pub sync_level: Option<SyncLevel>,
    /// How long to wait for the first trustworthy answer.
    pub timeout: Duration,
    /// Whether it is asked at all.
    pub is_enabled: bool,
}

impl ValidationService {
    /// The edition of everything about it that administrators change but its API key, which no tag must
    /// tell anything of.
    pub fn edition(&self) -> Edition {
        let settings = &self.settings;
        let fixed = [
            "validation service".to_owned(),
            self.id.map_or_else(String::new, |id| id.to_string()),
            settings.name.clone(),
            settings.client_id.to_string(),
            settings.api_key.is_some().to_string(),
            settings
                .ca
                .as_ref()
                .map_or_else(String::new, |ca| ca.as_pem().to_owned()),
            settings
                .sync_level
                .map_or_else(String::new, |level| level.to_string()),
            settings.timeout.as_millis().to_string(),
            settings.is_enabled.to_string(),
        ];
        let fixed = fixed.iter().map(String::as_str);
        Edition::of(fixed.chain(settings.urls.iter().map(Url::as_str)))
    }
}

impl ValidationServiceSettings {
    /// The longest name, in characters.
    pub const LONGEST_NAME: usize = 64;
    /// How long to wait unless the administrator says otherwise.
    pub const USUAL_TIMEOUT: Duration = Duration::from_secs(10);

    /// Whether what is asked by these settings is asked as it was by those before: at the same
    /// addresses, as the same client, by the same key and authorities, and at all.
    pub fn asks_as<'a>(&'a self, before: &'a Self) -> bool {
        let key = |settings: &'a Self| settings.api_key.as_ref().map(ExposeSecret::expose_secret);
        self.is_enabled
            && self.urls == before.urls
            && self.client_id == before.client_id
            && self.ca == before.ca
            && key(self) == key(before)
    }

    /// Checks what types alone do not.
    ///
    /// # Errors
    /// `validation_service.invalid` with the reason.
    pub fn checked(mut self) -> Result<Self> {
        let invalid = |why: &str| Err(Problem::new(codes::SERVICE_INVALID).detailed(why));
        let Some(name) = typed_name(&self.name, Self::LONGEST_NAME) else {
            return invalid("the name must have 1 to 64 characters, and none that cannot be seen");
        };
        self.name = name;
        if self.urls.is_empty() {
            return invalid("at least one URL is needed");
        }
        if self.urls.len() > 16 {
            return invalid("at most 16 URLs are asked at once");
        }
        if let Some(url) = self
            .urls
            .iter()
            .find(|url| !matches!(url.scheme(), "http" | "https") || url.host().is_none())
        {
            return Err(Problem::new(codes::SERVICE_INVALID)
                .detailed(format!("{url} is not an http or https address")));
        }
        // Addresses are shown and kept in the clear.
        if self
            .urls
            .iter()
            .any(|url| !url.username().is_empty() || url.password().is_some())
        {
            return invalid("an address must not hold a name or a password");
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_secs(60) {
            return invalid("the timeout must lie between a millisecond and a minute");
        }
        if let Some(key) = &self.api_key {
            use base64::Engine as _;
            let decoded = base64::engine::general_purpose::STANDARD.decode(key.expose_secret());
            if !decoded.is_ok_and(|bytes| !bytes.is_empty()) {
                return invalid("the API key is not base64");
            }
        }
        Ok(self)
    }
}
