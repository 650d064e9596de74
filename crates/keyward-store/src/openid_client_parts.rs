//! What clients of the OpenID provider have several of: addresses, grant types, scopes, and those who may
//! sign in.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use url::Url;

use super::connection::{AnyConnection, failed};
use super::openid_schema::{openid_client_groups, openid_client_users, openid_client_values};
use super::schema::{groups as group_table, users};
use super::users as user_table;
use keyward_core::domain::application::{RuleUser, Who};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::openid_client::{ClientKeys, ClientSettings};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};

/// What a client has none, one or several of, each by its kind.
#[derive(Default)]
pub(super) struct Values(HashMap<String, Vec<String>>);

impl Values {
    pub(super) fn take(&mut self, kind: &str) -> Vec<String> {
        self.0.remove(kind).unwrap_or_default()
    }

    pub(super) fn take_url(&mut self, kind: &str) -> Result<Option<Url>, ()> {
        let text = self.take(kind).pop();
        text.map(|text| Url::parse(&text)).transpose().map_err(drop)
    }
}

pub(super) fn values(
    connection: &mut AnyConnection,
    only: Option<&str>,
) -> Result<HashMap<String, Values>> {
    use openid_client_values as columns;
    let mut query = columns::table
        .order((columns::client_id, columns::kind, columns::position))
        .select((columns::client_id, columns::kind, columns::value))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(columns::client_id.eq(id));
    }
    let mut found: HashMap<String, Values> = HashMap::new();
    let rows = query.load::<(String, String, String)>(connection);
    for (client, kind, value) in rows.map_err(failed)? {
        let of_client = found.entry(client).or_default();
        of_client.0.entry(kind).or_default().push(value);
    }
    Ok(found)
}

pub(super) fn named_groups(
    connection: &mut AnyConnection,
    only: Option<&str>,
) -> Result<HashMap<String, Vec<GroupName>>> {
    use openid_client_groups as named;
    let mut query = named::table
        .inner_join(group_table::table.on(group_table::id.eq(named::group_id)))
        .order((named::client_id, group_table::name))
        .select((named::client_id, group_table::name))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(named::client_id.eq(id));
    }
    let mut found: HashMap<String, Vec<GroupName>> = HashMap::new();
    for (client, name) in query.load::<(String, String)>(connection).map_err(failed)? {
        let names = found.entry(client).or_default();
        names.push(GroupName::from_stored(&name));
    }
    Ok(found)
}

pub(super) fn named_users(
    connection: &mut AnyConnection,
    only: Option<&str>,
) -> Result<HashMap<String, Vec<RuleUser>>> {
    use openid_client_users as named;
    let mut query = named::table
        .inner_join(users::table)
        .order((named::client_id, users::name_folded))
        .select((named::client_id, users::id, users::name))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(named::client_id.eq(id));
    }
    let mut found: HashMap<String, Vec<RuleUser>> = HashMap::new();
    let rows = query.load::<(String, String, String)>(connection);
    for (client, id, name) in rows.map_err(failed)? {
        let user = RuleUser {
            id: UserId::from_stored(&id),
            name,
        };
        found.entry(client).or_default().push(user);
    }
    Ok(found)
}

pub(super) fn remove_parts(connection: &mut AnyConnection, client: &str) -> Result<()> {
    use openid_client_groups as groups;
    use openid_client_users as users;
    use openid_client_values as values;
    diesel::delete(values::table.filter(values::client_id.eq(client)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(groups::table.filter(groups::client_id.eq(client)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(users::table.filter(users::client_id.eq(client)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

pub(super) fn insert_parts(
    connection: &mut AnyConnection,
    client: &str,
    settings: &ClientSettings,
) -> Result<()> {
    for (kind, texts) in parts(settings) {
        for (position, text) in (0_i64..).zip(texts) {
            diesel::insert_into(openid_client_values::table)
                .values((
                    openid_client_values::client_id.eq(client),
                    openid_client_values::kind.eq(kind),
                    openid_client_values::position.eq(position),
                    openid_client_values::value.eq(text),
                ))
                .execute(connection)
                .map_err(failed)?;
        }
    }
    let Who::Members { groups, users } = &settings.who else {
        return Ok(());
    };
    for group in groups {
        let named = diesel::sql_query(
            "INSERT INTO openid_client_groups (client_id, group_id) \
             SELECT $1, id FROM groups WHERE name = $2 AND removed_at IS NULL \
             ON CONFLICT (client_id, group_id) DO UPDATE SET group_id = excluded.group_id",
        )
        .bind::<Text, _>(client)
        .bind::<Text, _>(group.as_str())
        .execute(connection)
        .map_err(failed)?;
        if named == 0 {
            return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(group.as_str()));
        }
    }
    for user in users {
        let found = user_table::by_name(connection, &user.name)?
            .ok_or_else(|| Problem::new(codes::USER_UNKNOWN).detailed(user.name.as_str()))?;
        // Named twice, in two ways to write the name.
        diesel::sql_query(
            "INSERT INTO openid_client_users (client_id, user_id) VALUES ($1, $2) \
             ON CONFLICT (client_id, user_id) DO NOTHING",
        )
        .bind::<Text, _>(client)
        .bind::<Text, _>(found.id.to_string())
        .execute(connection)
        .map_err(failed)?;
    }
    Ok(())
}

fn parts(settings: &ClientSettings) -> [(&'static str, Vec<String>); 8] {
    fn texts<T: ToString>(of: impl IntoIterator<Item = T>) -> Vec<String> {
        of.into_iter().map(|one| one.to_string()).collect()
    }
    let keys = settings.authentication.keys().map(|keys| match keys {
        ClientKeys::At(address) => address.to_string(),
        ClientKeys::Set(set) => set.to_json().to_string(),
    });
    [
        ("redirect_uri", texts(&settings.redirect_uris)),
        (
            "post_logout_redirect_uri",
            texts(&settings.post_logout_redirect_uris),
        ),
        ("logo_uri", texts(&settings.logo_uri)),
        (
            "backchannel_logout_uri",
            texts(&settings.backchannel_logout_uri),
        ),
        ("keys", texts(keys)),
        ("certificate", texts(settings.authentication.certificate())),
        (
            "grant",
            texts(settings.grants.iter().map(|grant| grant.as_str())),
        ),
        ("scope", texts(&settings.scopes)),
    ]
}
