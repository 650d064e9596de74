//! Clients of the OpenID provider: their settings, their secrets, and how often any of that changed.

use std::time::Duration;

use diesel::prelude::*;
use url::Url;

use super::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use super::counts;
use super::openid_client_parts::{
    Values, insert_parts, named_groups, named_users, remove_parts, values,
};
use super::openid_schema::openid_clients;
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{Level, Requirement, RuleUser, Who};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::json_web_key::{JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_client::{
    AccessTokenFormat, CertificateSubject, ClientAuthentication, ClientId, ClientKeys,
    ClientSettings, GrantType, OpenidClient, OpenidClientId, RedirectUri, Scope, SubjectType,
};
use keyward_core::domain::spelling::fold;
use keyward_core::problem::{Problem, Result, codes};

const CHANGES: &str = "openid_client_changes";

#[derive(Queryable)]
struct ClientRow {
    id: String,
    client_id: String,
    name: String,
    _name_folded: String,
    contact: String,
    authentication: String,
    who: String,
    level: String,
    within: Option<i64>,
    subject_type: String,
    access_token: String,
    id_token_algorithm: String,
    asks_consent: bool,
    requires_pkce: bool,
    version: i64,
    created_at: i64,
}

/// How often clients were changed, all of them together: what was read before a change is no longer what
/// is there.
pub fn changes(connection: &mut AnyConnection) -> Result<i64> {
    counts::tally(connection, CHANGES)
}

pub(super) fn count_change(connection: &mut AnyConnection) -> Result<()> {
    counts::count_on(connection, CHANGES)
}

/// All clients by name, without those that cannot be read.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<OpenidClient>> {
    let rows = openid_clients::table
        .order((openid_clients::name_folded, openid_clients::id))
        .load::<ClientRow>(connection)
        .map_err(failed)?;
    read(connection, rows, None)?
        .into_iter()
        .filter_map(listed)
        .collect()
}

/// Whether rows after this one can be read, some at a time.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = openid_clients::table
        .filter(openid_clients::id.gt(after))
        .order(openid_clients::id)
        .limit(limit)
        .load::<ClientRow>(connection)
        .map_err(failed)?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let read = read(connection, rows, None)?.into_iter();
    let read = read.map(|client| client.map(drop));
    Ok(ids.into_iter().zip(read).collect())
}

/// The names of the clients that let those in whom they name, and name nobody who is there.
pub fn named_nobody(connection: &mut AnyConnection) -> Result<Vec<String>> {
    use super::openid_schema::{openid_client_groups, openid_client_users};
    use diesel::dsl::{exists, not};
    let groups = openid_client_groups::table
        .filter(openid_client_groups::client_id.eq(openid_clients::id))
        .select(openid_client_groups::client_id);
    let users = openid_client_users::table
        .filter(openid_client_users::client_id.eq(openid_clients::id))
        .select(openid_client_users::client_id);
    openid_clients::table
        .filter(openid_clients::who.eq("members"))
        .filter(not(exists(groups)))
        .filter(not(exists(users)))
        .order(openid_clients::name_folded)
        .select(openid_clients::name)
        .load(connection)
        .map_err(failed)
}

/// The client of this row.
pub fn by_id(connection: &mut AnyConnection, id: OpenidClientId) -> Result<Option<OpenidClient>> {
    let rows = openid_clients::table
        .find(id.to_string())
        .load::<ClientRow>(connection)
        .map_err(failed)?;
    read(connection, rows, Some(id))?.pop().transpose()
}

/// The client that calls itself so.
pub fn by_client_id(
    connection: &mut AnyConnection,
    client_id: &ClientId,
) -> Result<Option<OpenidClient>> {
    let id = openid_clients::table
        .filter(openid_clients::client_id.eq(client_id.as_str()))
        .select(openid_clients::id)
        .get_result::<String>(connection)
        .optional()
        .map_err(failed)?;
    of_row(connection, id)
}

/// The client that people know by this name, however it is written.
pub fn by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<OpenidClient>> {
    let id = openid_clients::table
        .filter(openid_clients::name_folded.eq(fold(name)))
        .select(openid_clients::id)
        .get_result::<String>(connection)
        .optional()
        .map_err(failed)?;
    of_row(connection, id)
}

fn of_row(connection: &mut AnyConnection, id: Option<String>) -> Result<Option<OpenidClient>> {
    match id.as_deref().and_then(OpenidClientId::from_stored) {
        Some(id) => by_id(connection, id),
        None => Ok(None),
    }
}

fn read(
    connection: &mut AnyConnection,
    rows: Vec<ClientRow>,
    only: Option<OpenidClientId>,
) -> Result<Vec<Result<OpenidClient>>> {
    let only = only.map(|id| id.to_string());
    let mut values = values(connection, only.as_deref())?;
    let mut groups = named_groups(connection, only.as_deref())?;
    let mut users = named_users(connection, only.as_deref())?;
    let clients = rows.into_iter().map(|row| {
        let values = values.remove(&row.id).unwrap_or_default();
        let groups = groups.remove(&row.id).unwrap_or_default();
        let users = users.remove(&row.id).unwrap_or_default();
        row.into_client(values, groups, users)
    });
    Ok(clients.collect())
}

impl ClientRow {
    fn into_client(
        self,
        mut values: Values,
        groups: Vec<GroupName>,
        users: Vec<RuleUser>,
    ) -> Result<OpenidClient> {
        let bad = |what| unreadable("openid_clients", &self.id, what);
        let within = match self.within {
            Some(millis) => Some(u64::try_from(millis).map_err(|_| bad("within"))?),
            None => None,
        };
        let is_nobody = groups.is_empty() && users.is_empty();
        let url =
            |values: &mut Values, kind: &'static str| values.take_url(kind).map_err(|()| bad(kind));
        let uris = |texts: Vec<String>| {
            texts
                .iter()
                .map(|text| RedirectUri::from_stored(text))
                .collect()
        };
        let grants = values.take("grant");
        let grants = grants.iter().map(|text| GrantType::from_stored(text));
        let settings = ClientSettings {
            client_id: ClientId::from_stored(&self.client_id),
            logo_uri: url(&mut values, "logo_uri")?,
            authentication: match (self.authentication.as_str(), values.take("keys").pop()) {
                ("none", _) => ClientAuthentication::None,
                ("client_secret_basic", _) => ClientAuthentication::SecretBasic,
                ("client_secret_post", _) => ClientAuthentication::SecretPost,
                ("private_key_jwt", Some(keys)) => {
                    ClientAuthentication::PrivateKeyJwt(match Url::parse(&keys) {
                        Ok(address) => ClientKeys::At(address),
                        Err(_) => ClientKeys::Set(JwkSet::from_stored(&keys)),
                    })
                }
                (ClientAuthentication::TLS, _) => {
                    let subject = values.take("certificate").pop();
                    let subject = subject.and_then(|text| CertificateSubject::from_stored(&text));
                    ClientAuthentication::Tls(subject.ok_or_else(|| bad("certificate"))?)
                }
                _ => return Err(bad("authentication")),
            },
            redirect_uris: uris(values.take("redirect_uri")),
            post_logout_redirect_uris: uris(values.take("post_logout_redirect_uri")),
            backchannel_logout_uri: url(&mut values, "backchannel_logout_uri")?,
            grants: grants.collect::<Option<_>>().ok_or_else(|| bad("grant"))?,
            scopes: values
                .take("scope")
                .iter()
                .map(|text| Scope::from_stored(text))
                .collect(),
            who: match self.who.as_str() {
                "anyone" => Who::Anyone,
                // Where everybody who was named is gone, nobody may.
                "members" if !is_nobody => Who::Members { groups, users },
                "deny" | "members" => Who::Deny,
                _ => return Err(bad("who")),
            },
            requires: Requirement {
                level: Level::from_stored(&self.level).ok_or_else(|| bad("level"))?,
                within: within.map(Duration::from_millis),
            },
            subject: SubjectType::from_stored(&self.subject_type)
                .ok_or_else(|| bad("subject_type"))?,
            access_token: AccessTokenFormat::from_stored(&self.access_token)
                .ok_or_else(|| bad("access_token"))?,
            id_token_algorithm: SigningAlgorithm::from_stored(&self.id_token_algorithm)
                .ok_or_else(|| bad("id_token_algorithm"))?,
            asks_consent: self.asks_consent,
            requires_pkce: self.requires_pkce,
            name: self.name,
            contact: self.contact,
        };
        Ok(OpenidClient {
            id: OpenidClientId::from_stored(&self.id)
                .ok_or_else(|| unreadable("openid_clients", &self.id, "id"))?,
            settings,
            version: self.version,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

type Change<'a> = (
    diesel::dsl::Eq<openid_clients::name, &'a str>,
    diesel::dsl::Eq<openid_clients::name_folded, String>,
    diesel::dsl::Eq<openid_clients::contact, &'a str>,
    diesel::dsl::Eq<openid_clients::authentication, &'static str>,
    diesel::dsl::Eq<openid_clients::who, &'static str>,
    diesel::dsl::Eq<openid_clients::level, &'static str>,
    diesel::dsl::Eq<openid_clients::within, Option<i64>>,
    diesel::dsl::Eq<openid_clients::subject_type, &'static str>,
    diesel::dsl::Eq<openid_clients::access_token, &'static str>,
    diesel::dsl::Eq<openid_clients::id_token_algorithm, &'static str>,
    diesel::dsl::Eq<openid_clients::asks_consent, bool>,
    diesel::dsl::Eq<openid_clients::requires_pkce, bool>,
);

fn columns(settings: &ClientSettings) -> Change<'_> {
    let within = settings.requires.within.map(|within| within.as_millis());
    (
        openid_clients::name.eq(settings.name.as_str()),
        openid_clients::name_folded.eq(settings.folded_name()),
        openid_clients::contact.eq(settings.contact.as_str()),
        openid_clients::authentication.eq(settings.authentication.as_str()),
        openid_clients::who.eq(match &settings.who {
            Who::Bypass | Who::Deny => "deny",
            Who::Anyone => "anyone",
            Who::Members { .. } => "members",
        }),
        openid_clients::level.eq(settings.requires.level.as_str()),
        openid_clients::within.eq(within.map(|millis| i64::try_from(millis).unwrap_or(i64::MAX))),
        openid_clients::subject_type.eq(settings.subject.as_str()),
        openid_clients::access_token.eq(settings.access_token.as_str()),
        openid_clients::id_token_algorithm.eq(settings.id_token_algorithm.as_str()),
        openid_clients::asks_consent.eq(settings.asks_consent),
        openid_clients::requires_pkce.eq(settings.requires_pkce),
    )
}

/// Adds a client.
///
/// # Errors
/// `openid_client.taken` where there is one of this name or client id, `group.unknown`, `user.unknown`
pub fn insert(connection: &mut AnyConnection, client: &OpenidClient) -> Result<()> {
    let settings = &client.settings;
    let inserted = diesel::insert_into(openid_clients::table)
        .values((
            openid_clients::id.eq(client.id.to_string()),
            openid_clients::client_id.eq(settings.client_id.as_str()),
            columns(settings),
            openid_clients::version.eq(client.version),
            openid_clients::created_at.eq(client.created_at.millis()),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(taken(settings));
    }
    inserted.map_err(failed)?;
    insert_parts(connection, &client.id.to_string(), settings)?;
    count_change(connection)
}

/// Replaces a client's settings, but for what it calls itself by; `false` where it is not of this version
/// any more, or gone.
///
/// # Errors
/// As [`insert`].
pub fn update(
    connection: &mut AnyConnection,
    id: OpenidClientId,
    version: i64,
    settings: &ClientSettings,
) -> Result<bool> {
    let row = id.to_string();
    let updated = diesel::update(
        openid_clients::table
            .find(&row)
            .filter(openid_clients::version.eq(version)),
    )
    .set((
        columns(settings),
        openid_clients::version.eq(version.saturating_add(1)),
    ))
    .execute(connection);
    if is_taken(&updated) {
        return Err(taken(settings));
    }
    if updated.map_err(failed)? != 1 {
        return Ok(false);
    }
    remove_parts(connection, &row)?;
    insert_parts(connection, &row, settings)?;
    count_change(connection)?;
    Ok(true)
}

/// Frees a client's name for another one, until [`update`] gives it one again in the same transaction.
pub fn release_name(connection: &mut AnyConnection, id: OpenidClientId) -> Result<()> {
    // No name that was typed has such a character.
    let nobodys = format!("\u{1}{id}");
    diesel::update(openid_clients::table.find(id.to_string()))
        .set(openid_clients::name_folded.eq(nobodys))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Counts a client's version on where it is this one still: something about it changed that is none of
/// its settings. `false` where it is not of this version any more, or gone.
pub fn raise(connection: &mut AnyConnection, id: OpenidClientId, version: i64) -> Result<bool> {
    let raised = diesel::update(
        openid_clients::table
            .find(id.to_string())
            .filter(openid_clients::version.eq(version)),
    )
    .set(openid_clients::version.eq(version.saturating_add(1)))
    .execute(connection)
    .map_err(failed)?;
    if raised == 1 {
        count_change(connection)?;
    }
    Ok(raised == 1)
}

/// Removes a client with everything that hangs on it; `false` where there is none.
pub fn remove(connection: &mut AnyConnection, id: OpenidClientId) -> Result<bool> {
    let removed = diesel::delete(openid_clients::table.find(id.to_string()))
        .execute(connection)
        .map_err(failed)?;
    if removed == 1 {
        count_change(connection)?;
    }
    Ok(removed == 1)
}

fn taken(settings: &ClientSettings) -> Problem {
    let what = format!("{} ({})", settings.name, settings.client_id);
    Problem::new(codes::OPENID_CLIENT_TAKEN).detailed(what)
}
