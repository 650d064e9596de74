//! A client of the OpenID provider: an application that people sign in to by way of us, or a program that
//! asks for tokens of its own.

mod authentication;
mod certificate_subject;
mod client_id;
mod fields;
mod grant;
mod redirect_uri;
mod scope;
mod secret;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use super::edition::Edition;
use super::id_type;
use crate::clock::Timestamp;
use crate::problem::{Problem, codes};

pub use authentication::{ClientAuthentication, ClientKeys};
pub use certificate_subject::CertificateSubject;
pub use client_id::ClientId;
pub use fields::ClientFields;
pub use grant::GrantType;
pub use redirect_uri::RedirectUri;
pub use scope::Scope;
pub use secret::{ClientSecret, StoredClientSecret};
pub use settings::{AccessTokenFormat, ClientSettings, SubjectType};

id_type!(
    /// The id of a client's row. What a client calls itself by is its [`ClientId`].
    OpenidClientId
);

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenidClient {
    /// The row.
    pub id: OpenidClientId,
    /// What was decided about it.
    pub settings: ClientSettings,
    /// How often it was changed: a change says which state it was made from.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

impl OpenidClient {
    /// Its edition: every change makes another one.
    pub fn edition(&self) -> Edition {
        Edition::of([
            "openid client",
            &self.id.to_string(),
            &self.version.to_string(),
        ])
    }
}

/// A client as it is met at the endpoints: with the hashes of what it proves itself by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredClient {
    /// The client.
    pub client: OpenidClient,
    /// Its secrets, the newest first; none unless it is one that has some.
    pub secrets: Vec<StoredClientSecret>,
}

impl Deref for RegisteredClient {
    type Target = OpenidClient;

    fn deref(&self) -> &OpenidClient {
        &self.client
    }
}

impl RegisteredClient {
    /// Whether what it shows is one of its secrets. All are compared, whichever it is.
    pub fn has_secret(&self, shown: &str, now: Timestamp) -> bool {
        let found = self.secrets.iter().filter(|secret| secret.is(shown, now));
        found.count() > 0
    }
}

/// All clients, found by what they call themselves.
#[derive(Clone, Debug, Default)]
pub struct OpenidClients(HashMap<ClientId, Arc<RegisteredClient>>);

impl OpenidClients {
    /// These.
    pub fn new(all: impl IntoIterator<Item = RegisteredClient>) -> Self {
        let named = |one: RegisteredClient| (one.client.settings.client_id.clone(), Arc::new(one));
        Self(all.into_iter().map(named).collect())
    }

    /// The client that calls itself so.
    pub fn get(&self, client_id: &ClientId) -> Option<&Arc<RegisteredClient>> {
        self.0.get(client_id)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RegisteredClient>> {
        self.0.values()
    }
}

fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(codes::OPENID_CLIENT_INVALID).detailed(why)
}
