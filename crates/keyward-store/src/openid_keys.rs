//! The keys that sign tokens, sealed, and how often they changed.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use zeroize::Zeroizing;

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::counts;
use super::openid_schema::openid_keys;
use super::pieces::{self, Over};
use keyward_core::clock::{Entropy, Timestamp};
use keyward_core::domain::json_web_key::{Jwk, JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_key::{OpenidKey, OpenidKeyState};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::{MasterKey, Place};

const CHANGES: &str = "openid_key_changes";

type Columns = (
    openid_keys::kid,
    openid_keys::algorithm,
    openid_keys::state,
    openid_keys::public_key,
    openid_keys::created_at,
    openid_keys::activated_at,
    openid_keys::expires_at,
);

#[derive(Queryable)]
struct KeyRow {
    kid: String,
    algorithm: String,
    state: String,
    public_key: String,
    created_at: i64,
    activated_at: Option<i64>,
    expires_at: Option<i64>,
}

impl KeyRow {
    fn into_key(self) -> Result<OpenidKey> {
        let bad = |what| unreadable("openid_keys", &self.kid, what);
        let set = JwkSet::from_stored(&self.public_key);
        let [jwk] = set.keys() else {
            return Err(bad("public_key"));
        };
        Ok(OpenidKey {
            algorithm: SigningAlgorithm::from_stored(&self.algorithm)
                .ok_or_else(|| bad("algorithm"))?,
            state: OpenidKeyState::from_stored(&self.state).ok_or_else(|| bad("state"))?,
            jwk: jwk.clone(),
            created_at: Timestamp::from_millis(self.created_at),
            activated_at: self.activated_at.map(Timestamp::from_millis),
            expires_at: self.expires_at.map(Timestamp::from_millis),
            kid: self.kid,
        })
    }
}

fn place(kid: &str) -> Place<'_> {
    Place {
        table: "openid_keys",
        column: "private_key",
        row: kid,
    }
}

/// How often keys were changed, all of them together.
pub fn changes(connection: &mut AnyConnection) -> Result<i64> {
    counts::tally(connection, CHANGES)
}

/// All keys by algorithm, the newest first, without those that cannot be read.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<OpenidKey>> {
    openid_keys::table
        .order((
            openid_keys::algorithm,
            openid_keys::created_at.desc(),
            openid_keys::kid,
        ))
        .select(Columns::default())
        .load::<KeyRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(KeyRow::into_key)
        .filter_map(listed)
        .collect()
}

/// The private halves of those that sign, in PKCS#8, each with its algorithm.
///
/// # Errors
/// `master_key.wrong` where one does not open.
pub fn active(
    connection: &mut AnyConnection,
    key: &MasterKey,
) -> Result<Vec<(SigningAlgorithm, Zeroizing<Vec<u8>>)>> {
    let rows = openid_keys::table
        .filter(openid_keys::state.eq(OpenidKeyState::Active.as_str()))
        .order(openid_keys::algorithm)
        .select((
            openid_keys::kid,
            openid_keys::algorithm,
            openid_keys::private_key,
        ))
        .load::<(String, String, Vec<u8>)>(connection)
        .map_err(failed)?;
    let opened = rows.into_iter().map(|(kid, algorithm, sealed)| {
        let algorithm = SigningAlgorithm::from_stored(&algorithm)
            .ok_or_else(|| unreadable("openid_keys", &kid, "algorithm"))?;
        Ok((algorithm, key.open(place(&kid), &sealed)?))
    });
    opened.collect()
}

/// A key that was just made.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// How it signs.
    pub algorithm: SigningAlgorithm,
    /// Its name.
    pub kid: &'a str,
    /// Its public half.
    pub jwk: &'a Jwk,
    /// Its private half, in PKCS#8.
    pub pkcs8: &'a [u8],
}

/// Adds a key that is to sign next, or at once where none of its algorithm does; `false` where there is
/// such a one already, also in a race of two servers.
pub fn insert(
    connection: &mut AnyConnection,
    new: &NewKey<'_>,
    state: OpenidKeyState,
    now: Timestamp,
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<bool> {
    let sealed = key.seal(entropy, place(new.kid), new.pkcs8);
    let public = JwkSet::new(vec![new.jwk.clone()]).to_json().to_string();
    let activated = (state == OpenidKeyState::Active).then(|| now.millis());
    let added = diesel::sql_query(
        "INSERT INTO openid_keys \
         (kid, algorithm, state, private_key, public_key, created_at, activated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind::<Text, _>(new.kid)
    .bind::<Text, _>(new.algorithm.as_str())
    .bind::<Text, _>(state.as_str())
    .bind::<Binary, _>(sealed)
    .bind::<Text, _>(public)
    .bind::<BigInt, _>(now.millis())
    .bind::<diesel::sql_types::Nullable<BigInt>, _>(activated)
    .execute(connection)
    .map_err(failed)?;
    if added == 1 {
        counts::count_on(connection, CHANGES)?;
    }
    Ok(added == 1)
}

/// Retires the key of an algorithm that signs, where it is this one still, and lets the next one sign from
/// now on. What it signed is verified until a moment. `false` where it does not sign any more, or there
/// is no next one: then everything stays as it is.
pub fn rotate(
    connection: &mut AnyConnection,
    algorithm: SigningAlgorithm,
    active: &str,
    now: Timestamp,
    verified_until: Timestamp,
) -> Result<bool> {
    let next = openid_keys::table
        .filter(openid_keys::algorithm.eq(algorithm.as_str()))
        .filter(openid_keys::state.eq(OpenidKeyState::Next.as_str()))
        .select(openid_keys::kid)
        .get_result::<String>(connection)
        .optional()
        .map_err(failed)?;
    let Some(next) = next else {
        return Ok(false);
    };
    let retired = diesel::update(
        openid_keys::table
            .find(active)
            .filter(openid_keys::state.eq(OpenidKeyState::Active.as_str())),
    )
    .set((
        openid_keys::state.eq(OpenidKeyState::Retired.as_str()),
        openid_keys::expires_at.eq(verified_until.millis()),
    ))
    .execute(connection)
    .map_err(failed)?;
    if retired != 1 {
        return Ok(false);
    }
    let promoted = diesel::update(
        openid_keys::table
            .find(&next)
            .filter(openid_keys::state.eq(OpenidKeyState::Next.as_str())),
    )
    .set((
        openid_keys::state.eq(OpenidKeyState::Active.as_str()),
        openid_keys::activated_at.eq(now.millis()),
    ))
    .execute(connection)
    .map_err(failed)?;
    if promoted != 1 {
        return Err(Problem::internal("the next key is not there any more"));
    }
    counts::count_on(connection, CHANGES)?;
    Ok(true)
}

/// Removes keys whose last token is over: at most `limit`, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_keys",
        key: "kid",
        condition: "expires_at <= $1",
    };
    let removed = pieces::delete(connection, &over, now, limit)?;
    if removed > 0 {
        counts::count_on(connection, CHANGES)?;
    }
    Ok(removed)
}
