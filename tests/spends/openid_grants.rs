//! What the OpenID provider spends: codes, refresh tokens, pushed requests, assertions.

use keyward_core::domain::openid_client::{
    ClientId, ClientSettings, OpenidClient, OpenidClientId, RedirectUri,
};
use keyward_core::domain::openid_grant::{
    DeviceCodeState, Grant, GrantId, NamedClaims, Scopes, SessionEndId,
};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;
use keyward_store::openid_codes::AuthorizationCode;
use keyward_store::openid_device_codes::DeviceCode;
use keyward_store::openid_pushed_requests::PushedRequest;
use keyward_store::openid_session_ends::SessionEnd;
use keyward_store::openid_tokens::RefreshFamily;
use keyward_store::{
    AnyConnection, openid_assertions, openid_clients, openid_codes, openid_device_codes,
    openid_grants, openid_pushed_requests, openid_session_ends, openid_tokens,
};

use crate::statements::{Spend, anything, nothing};
use crate::stock::{LATER, NOW, Stock};

const ADDRESS: &str = "https://wiki.example.org/cb";

fn hash(text: &str) -> TokenHash {
    TokenHash::from_stored(text)
}

/// The id of a client or of what hangs on it; each row of the table has one of its own.
fn uuid(number: u8) -> String {
    format!("01940000-0000-7000-8000-0000000000{number:02x}")
}

fn client_of(number: u8) -> Result<OpenidClientId> {
    OpenidClientId::from_stored(&uuid(number)).ok_or_else(|| Problem::internal("no id"))
}

fn grant_of(number: u8) -> Result<GrantId> {
    GrantId::from_stored(&uuid(number)).ok_or_else(|| Problem::internal("no id"))
}

/// A client with a grant of the user's.
fn grant(connection: &mut AnyConnection, stock: &Stock, number: u8) -> Result<()> {
    let name = format!("client-{number}");
    let client = OpenidClient {
        id: client_of(number)?,
        settings: ClientSettings {
            redirect_uris: vec![RedirectUri::from_stored(ADDRESS)],
            ..ClientSettings::usual(ClientId::from_stored(&name), &name)
        },
        version: 0,
        created_at: NOW,
    };
    openid_clients::insert(connection, &client)?;
    let grant = Grant {
        id: grant_of(number)?,
        client: client.id,
        user: Some(stock.user),
        session: None,
        sid: String::new(),
        scopes: Scopes::from_stored("openid"),
        claims: NamedClaims::default(),
        proof: None,
        created_at: NOW,
        ended_at: None,
    };
    openid_grants::insert(connection, &grant, LATER)
}

fn family(number: u8, current: &str) -> Result<RefreshFamily> {
    Ok(RefreshFamily {
        family: hash(&format!("family-{number}")),
        grant: grant_of(number)?,
        client: client_of(number)?,
        current: hash(current),
        expires_at: LATER,
    })
}

fn end() -> Result<SessionEnd> {
    Ok(SessionEnd {
        id: SessionEndId::from_stored(&uuid(6)).ok_or_else(|| Problem::internal("no id"))?,
        client: client_of(6)?,
        sid: "session".to_owned(),
        user: None,
        tries: 0,
        due_at: NOW,
        expires_at: LATER,
    })
}

fn device_code(number: u8) -> Result<DeviceCode> {
    Ok(DeviceCode {
        hash: hash(&format!("device-{number}")),
        user_code: format!("BCDFGHJ{number}"),
        client: client_of(number)?,
        scopes: Scopes::from_stored("openid"),
        state: DeviceCodeState::Waiting,
        grant: None,
        next_poll_at: NOW,
        expires_at: LATER,
    })
}

/// All of them.
pub fn openid_grants() -> [Spend; 8] {
    [
        Spend {
            name: "an authorization code",
            prepare: |c, stock| {
                grant(c, stock, 1)?;
                let code = AuthorizationCode {
                    hash: hash("authorization-code"),
                    grant: grant_of(1)?,
                    client: client_of(1)?,
                    redirect_uri: ADDRESS.to_owned(),
                    challenge: None,
                    nonce: None,
                    expires_at: LATER,
                    spent_at: None,
                };
                openid_codes::insert(c, &code)
            },
            is_good: |c, _| {
                let code = openid_codes::by_hash(c, &hash("authorization-code"))?;
                Ok(code.is_some_and(|code| code.spent_at.is_none()))
            },
            spend: |c, _| {
                let code = hash("authorization-code");
                openid_codes::spend(c, &code, client_of(1)?, ADDRESS, NOW)
            },
        },
        Spend {
            name: "a refresh token",
            prepare: |c, stock| {
                grant(c, stock, 2)?;
                openid_tokens::insert_family(c, &family(2, "first")?)
            },
            is_good: |c, _| {
                let found = openid_tokens::family(c, &hash("family-2"))?;
                Ok(found.is_some_and(|found| found.current == hash("first")))
            },
            spend: |c, _| {
                let (shown, next) = (hash("first"), hash("second"));
                openid_tokens::rotate(c, &family(2, "first")?, &shown, &next, NOW)
            },
        },
        Spend {
            name: "a grant that ends",
            prepare: |c, stock| grant(c, stock, 3),
            is_good: |c, _| {
                let found = openid_grants::by_id(c, grant_of(3)?)?;
                Ok(found.is_some_and(|found| found.ended_at.is_none()))
            },
            spend: |c, _| openid_grants::end(c, grant_of(3)?, NOW),
        },
        Spend {
            name: "a pushed request",
            prepare: |c, stock| {
                grant(c, stock, 4)?;
                let request = PushedRequest {
                    reference: hash("pushed"),
                    client: client_of(4)?,
                    parameters: "response_type=code".to_owned(),
                    expires_at: LATER,
                };
                openid_pushed_requests::insert(c, &request)
            },
            is_good: |c, _| {
                let found = openid_pushed_requests::by_reference(c, &hash("pushed"))?;
                Ok(found.is_some())
            },
            spend: |c, _| openid_pushed_requests::spend(c, &hash("pushed"), NOW),
        },
        Spend {
            name: "an assertion of a client",
            prepare: nothing,
            is_good: anything,
            spend: |c, _| openid_assertions::spend(c, "digest", LATER),
        },
        Spend {
            name: "an end that one node tells",
            prepare: |c, stock| {
                grant(c, stock, 6)?;
                openid_session_ends::insert(c, &end()?)
            },
            is_good: |c, _| Ok(openid_session_ends::due(c, NOW, 1)?.len() == 1),
            spend: |c, _| openid_session_ends::claim(c, &end()?, LATER),
        },
        Spend {
            name: "what a user says of a device",
            prepare: |c, stock| {
                grant(c, stock, 8)?;
                openid_device_codes::insert(c, &device_code(8)?).map(drop)
            },
            is_good: |c, _| {
                let found = openid_device_codes::by_hash(c, &hash("device-8"))?;
                Ok(found.is_some_and(|found| found.state == DeviceCodeState::Waiting))
            },
            spend: |c, _| openid_device_codes::settle(c, &hash("device-8"), None, NOW),
        },
        Spend {
            name: "the code of a device",
            prepare: |c, stock| {
                grant(c, stock, 9)?;
                openid_device_codes::insert(c, &device_code(9)?)?;
                openid_device_codes::settle(c, &hash("device-9"), Some(grant_of(9)?), NOW).map(drop)
            },
            is_good: |c, _| {
                let found = openid_device_codes::by_hash(c, &hash("device-9"))?;
                Ok(found.is_some_and(|found| found.state == DeviceCodeState::Granted))
            },
            spend: |c, _| openid_device_codes::spend(c, &hash("device-9"), client_of(9)?, NOW),
        },
    ]
}
