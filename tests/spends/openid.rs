//! What the OpenID provider spends: versions of clients, and the places of keys.

use keyward_core::clock::SystemEntropy;
use keyward_core::domain::json_web_key::{Jwk, JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_client::{
    ClientId, ClientSettings, OpenidClient, OpenidClientId, RedirectUri,
};
use keyward_core::domain::openid_key::OpenidKeyState;
use keyward_core::problem::{Problem, Result};
use keyward_store::openid_keys::{self, NewKey};
use keyward_store::{AnyConnection, openid_clients};

use crate::statements::{Spend, anything, nothing};
use crate::stock::{LATER, NOW, Stock};

/// The key of RFC 8037 appendix A.2.
const KEY: &[u8] =
    br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn client_id(name: &str) -> Result<ClientId> {
    ClientId::parse(name)
}

fn add_client(connection: &mut AnyConnection, name: &str) -> Result<()> {
    let settings = ClientSettings {
        redirect_uris: vec![RedirectUri::parse("https://wiki.example.org/callback")?],
        ..ClientSettings::usual(client_id(name)?, name)
    };
    let client = OpenidClient {
        id: OpenidClientId::generate(NOW, &SystemEntropy),
        settings: settings.checked()?,
        version: 0,
        created_at: NOW,
    };
    openid_clients::insert(connection, &client)
}

fn client(connection: &mut AnyConnection, name: &str) -> Result<OpenidClient> {
    let found = openid_clients::by_client_id(connection, &client_id(name)?)?;
    found.ok_or_else(|| Problem::internal("no client"))
}

fn add_key(
    connection: &mut AnyConnection,
    stock: &Stock,
    (algorithm, kid): (SigningAlgorithm, &str),
    state: OpenidKeyState,
) -> Result<bool> {
    let set = JwkSet::parse(KEY).map_err(Problem::internal)?;
    let jwk: &Jwk = set
        .keys()
        .first()
        .ok_or_else(|| Problem::internal("no key"))?;
    let new = NewKey {
        algorithm,
        kid,
        jwk,
        pkcs8: b"key",
    };
    openid_keys::insert(connection, &new, state, NOW, (&stock.key, &SystemEntropy))
}

/// Each by itself.
pub fn openid() -> [Spend; 4] {
    [
        Spend {
            name: "the version of an OpenID client that is changed",
            prepare: |c, _| add_client(c, "changed"),
            is_good: |c, _| Ok(client(c, "changed")?.version == 0),
            spend: |c, _| {
                let found = client(c, "changed")?;
                openid_clients::update(c, found.id, 0, &found.settings)
            },
        },
        Spend {
            name: "the version of an OpenID client that gets another secret",
            prepare: |c, _| add_client(c, "rotated"),
            is_good: |c, _| Ok(client(c, "rotated")?.version == 0),
            spend: |c, _| {
                let found = client(c, "rotated")?;
                openid_clients::raise(c, found.id, 0)
            },
        },
        Spend {
            name: "the place of the key that signs",
            prepare: nothing,
            is_good: anything,
            spend: |c, stock| {
                // Two servers that make one at the same time make two.
                let kid = OpenidClientId::generate(NOW, &SystemEntropy).to_string();
                let key = (SigningAlgorithm::EdDsa, kid.as_str());
                add_key(c, stock, key, OpenidKeyState::Active)
            },
        },
        Spend {
            name: "the key that signs, when the next one takes its place",
            prepare: |c, stock| {
                let key = |kid| (SigningAlgorithm::Es256, kid);
                add_key(c, stock, key("first"), OpenidKeyState::Active)?;
                add_key(c, stock, key("second"), OpenidKeyState::Next).map(drop)
            },
            is_good: |c, _| {
                let keys = openid_keys::all(c)?;
                let first = keys.iter().find(|key| key.kid == "first");
                Ok(first.is_some_and(|key| key.state == OpenidKeyState::Active))
            },
            spend: |c, _| openid_keys::rotate(c, SigningAlgorithm::Es256, "first", NOW, LATER),
        },
    ]
}
