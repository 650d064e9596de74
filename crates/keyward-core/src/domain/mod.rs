//! The words of the field as types: what a user, a device, a session or an event *is*. Nothing
//! here reads, writes or waits.

// A new variant is led by the compiler to whatever must know it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod answered_request;
pub mod api_token;
pub mod application;
pub mod assurance;
pub mod assurance_level;
pub mod attempt;
pub mod attestation;
pub mod authentication_context;
pub mod browser;
pub mod client;
mod common_passwords;
pub mod count;
pub mod coverage;
pub mod credential;
pub mod declared;
pub mod delivery_address;
pub mod device;
mod device_kind;
pub mod display_name;
pub mod edition;
pub mod email_address;
pub mod erasure;
pub mod event;
pub mod event_detail;
pub mod event_export;
pub mod event_filter;
mod event_kind;
pub mod event_run;
pub mod group;
pub mod ids;
pub mod invitation;
pub mod json_web_key;
pub mod key;
pub mod message;
pub mod model;
pub mod node;
pub mod notification;
pub mod objection;
pub mod openid_client;
pub mod openid_grant;
pub mod openid_key;
pub mod otp_key;
pub mod outgoing;
pub mod pass;
pub mod password;
pub mod phone_number;
pub mod policy;
mod refusal;
pub mod role;
pub mod search;
pub mod session;
pub mod spelling;
pub mod time_zone;
pub mod trusted_browser;
pub mod upstream;
pub mod user;
pub mod user_name;
pub mod validation_client;
pub mod validation_service;
pub mod webhook;

/// Declares the id of one kind of row: a UUID of version 7, so that newer rows sort last.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id.
            pub fn generate(now: crate::clock::Timestamp, entropy: &dyn crate::clock::Entropy) -> Self {
                let millis = u64::try_from(now.millis()).unwrap_or_default();
                let random = entropy.bytes();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The id of no row.
            pub const fn nil() -> Self {
                Self(uuid::Uuid::nil())
            }

            /// Reads an id as it is printed; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                uuid::Uuid::try_parse(text).ok().map(Self)
            }

            /// Reads an id of a row; `None` where it is none.
            pub fn from_stored(text: &str) -> Option<Self> {
                uuid::Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}
pub(crate) use id_type;
