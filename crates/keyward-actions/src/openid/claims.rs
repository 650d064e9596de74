//! What tokens and the userinfo endpoint say of a user.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::clients::client_named;
use super::standing::Person;
use crate::App;
use crate::openid_key::{published, sign};
use keyward_core::clock::Timestamp;
use keyward_core::domain::json_web_key::Algorithm;
use keyward_core::domain::openid_client::{OpenidClient, RegisteredClient, Scope, SubjectType};
use keyward_core::domain::openid_grant::{ClaimName, Grant, ID_TOKEN_LASTS, Scopes};
use keyward_core::domain::session::{Methods, SessionId};
use keyward_core::domain::user::{EmailAddress, User, UserId, fold};
use keyward_core::problem::Result;
use keyward_core::protocols::jose::{self, Expectation, Verified};
use keyward_core::secret::KeyPurpose;
use keyward_store::users;

/// Who we are to clients.
pub(super) fn issuer(app: &App) -> String {
    app.settings.server.origin()
}

/// What a client knows a user by (OpenID Connect Core 1.0 §8): the id of their row, or something of its
/// sector's own, from which neither the id nor what another sector has can be computed (§8.1).
pub(super) fn subject_of(app: &App, client: &OpenidClient, user: UserId) -> String {
    let sector = match client.settings.subject {
        SubjectType::Public => return user.to_string(),
        SubjectType::Pairwise => client.settings.sector(),
    };
    // A client of the device grant alone has no address: it is a sector by itself.
    let sector = sector.unwrap_or_else(|| format!("client:{}", client.id));
    let tag = app
        .master_key
        .tag::<32>(KeyPurpose::OpenidSubject, &[&sector, &user.to_string()]);
    URL_SAFE_NO_PAD.encode(*tag)
}

/// What a client knows a session by (OpenID Connect Back-Channel Logout 1.0 §2.1). Two clients cannot find
/// out by it that they have the same one.
pub(super) fn sid_of(app: &App, client: &OpenidClient, session: SessionId) -> String {
    let parts = [client.id.to_string(), session.to_string()];
    let tag = app
        .master_key
        .tag::<16>(KeyPurpose::OpenidSession, &[&parts[0], &parts[1]]);
    URL_SAFE_NO_PAD.encode(*tag)
}

/// The values of `amr` (RFC 8176 §2), and `pop` where a key proved that it is possessed, as both strong
/// classes of OpenID Connect Extended Authentication Profile ACR Values 1.0 §2 have it.
fn amr(methods: &Methods) -> Vec<&str> {
    let pop = methods.resist_phishing().then_some("pop");
    methods.iter().chain(pop).collect()
}

/// The claims of a user that scopes cover, and those that were asked for by name as far as the client may
/// have the scope that covers them.
pub(super) async fn of_person(
    app: &App,
    client: &OpenidClient,
    person: &Person,
    scopes: &Scopes,
    named: &[ClaimName],
) -> Result<Map<String, Value>> {
    let may = |scope: &str| {
        let mut scopes = client.settings.scopes.iter().map(Scope::as_str);
        scopes.any(|known| known == scope)
    };
    let mut claims = Map::new();
    for (claim, name, scope) in ClaimName::ALL {
        let is_named = named.contains(&claim) && may(scope);
        if !is_named && !scopes.contains(scope) {
            continue;
        }
        let is_verified = match claim {
            ClaimName::EmailVerified => is_known_to_be_theirs(app, &person.user).await?,
            _ => false,
        };
        if let Some(value) = value_of(claim, person, is_verified) {
            claims.insert(name.to_owned(), value);
        }
    }
    Ok(claims)
}

/// Whether an address is its user's and nobody else's. An administrator typed it, or a code that was sent
/// there came back; where two users have it, a client that goes by addresses would take one for the other.
async fn is_known_to_be_theirs(app: &App, user: &User) -> Result<bool> {
    let Some(email) = &user.email else {
        return Ok(false);
    };
    let folded = fold(email.as_str());
    let theirs = app
        .store
        .look(move |connection| users::enabled_by_email(connection, &folded, 2))
        .await?;
    Ok(matches!(theirs.as_slice(), [only] if only.id == user.id))
}

fn value_of(claim: ClaimName, person: &Person, is_verified: bool) -> Option<Value> {
    let user = &person.user;
    let email = user.email.as_ref().map(EmailAddress::as_str);
    Some(match claim {
        ClaimName::Name => user.called().into(),
        ClaimName::PreferredUsername => user.name.as_str().into(),
        ClaimName::Email => email?.into(),
        ClaimName::EmailVerified => email.is_some().then_some(is_verified)?.into(),
        ClaimName::Groups => {
            let groups = person.groups.iter().map(|group| group.as_str());
            groups.collect::<Vec<_>>().into()
        }
    })
}

/// Makes an ID token (OpenID Connect Core 1.0 §2). What it says of the proof is what there was when the
/// grant was given, and never better.
pub(super) async fn id_token(
    app: &App,
    client: &OpenidClient,
    grant: &Grant,
    person: &Person,
    nonce: Option<&str>,
    access_token: &str,
) -> Result<String> {
    let now = app.now();
    let client_id = client.settings.client_id.as_str();
    let algorithm = client.settings.id_token_algorithm;
    let mut claims = of_person(app, client, person, &grant.scopes, &grant.claims.id_token).await?;
    let said = json!({
        "iss": issuer(app),
        "sub": subject_of(app, client, person.user.id),
        "aud": client_id,
        "azp": client_id,
        "exp": (now + ID_TOKEN_LASTS).seconds(),
        "iat": now.seconds(),
        "auth_time": person.proof.auth_time.seconds(),
        "acr": person.proof.acr,
        "amr": amr(&person.proof.methods),
        "sid": grant.sid,
        "at_hash": algorithm.half_hash(access_token),
    });
    if let Value::Object(said) = said {
        claims.extend(said);
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    sign(app, algorithm, "JWT", Value::Object(claims)).await
}

/// An ID token of ours that is shown as a hint, whether its time is over or not.
#[derive(Clone, Debug)]
pub(super) struct Hint {
    /// Whom it was for.
    pub client: Arc<RegisteredClient>,
    /// Whom it was of, as that client knows them.
    pub subject: String,
    /// In which session, as that client knows it.
    pub sid: Option<String>,
}

/// Reads a hint; for this client, where one is known. `None` where it is none of ours, or somebody else's.
pub(super) async fn read_hint(
    app: &App,
    token: &str,
    client: Option<&Arc<RegisteredClient>>,
) -> Result<Option<Hint>> {
    let audience = match client {
        Some(client) => client.settings.client_id.as_str().to_owned(),
        None => match unverified_audience(token) {
            Some(audience) => audience,
            None => return Ok(None),
        },
    };
    let Some(client) = client_named(app, &audience).await? else {
        return Ok(None);
    };
    let verified = verified(app, token, &audience, Expectation::PLAIN, true).await?;
    Ok(verified.and_then(|verified| {
        Some(Hint {
            client,
            sid: verified.text("sid").map(str::to_owned),
            subject: verified.subject?,
        })
    }))
}

/// Whom a token says that it is for; it is verified to be so after.
fn unverified_audience(token: &str) -> Option<String> {
    let claims = token
        .split('.')
        .nth(1)
        .filter(|part| part.len() <= 16 * 1024)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("aud")?.as_str().map(str::to_owned)
}

/// Verifies a token that we signed ourselves.
pub(super) async fn verified(
    app: &App,
    token: &str,
    audience: &str,
    types: &'static [Option<&'static str>],
    even_expired: bool,
) -> Result<Option<Verified>> {
    let keys = published(app).await?;
    let (token, audience) = (token.to_owned(), audience.to_owned());
    let (issuer, now): (String, Timestamp) = (issuer(app), app.now());
    // A stranger's token may be of RSA, which takes longest to verify; that is still a fraction of a
    // millisecond.
    let expected = Expectation {
        issuer: &issuer,
        audiences: &[&audience],
        algorithms: &[Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa],
        types,
        leeway: std::time::Duration::ZERO,
        even_expired,
    };
    Ok(jose::verify(&token, &keys, &expected, now).ok())
}
