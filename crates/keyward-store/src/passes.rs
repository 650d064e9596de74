//! Temporary access passes, one a user.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::pieces::{self, Over};
use super::schema::{passes, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::pass::{Pass, PassSummary};
use keyward_core::domain::user::UserId;
use keyward_core::factors::pass::StoredPass;
use keyward_core::problem::Result;

#[derive(Queryable)]
struct PassRow {
    user_id: String,
    issued_at: i64,
    expires_at: i64,
    is_once: bool,
    used_at: Option<i64>,
}

const COLUMNS: (
    passes::user_id,
    passes::issued_at,
    passes::expires_at,
    passes::is_once,
    passes::used_at,
) = (
    passes::user_id,
    passes::issued_at,
    passes::expires_at,
    passes::is_once,
    passes::used_at,
);

impl TryFrom<PassRow> for Pass {
    type Error = keyward_core::problem::Problem;

    fn try_from(row: PassRow) -> Result<Self> {
        let bad = |what| unreadable("passes", &row.user_id, what);
        Ok(Self {
            user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
            issued_at: Timestamp::from_millis(row.issued_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            is_once: row.is_once,
            used_at: row.used_at.map(Timestamp::from_millis),
        })
    }
}

/// Gives a user a pass, in place of any before it.
pub fn replace(
    connection: &mut AnyConnection,
    new: &StoredPass,
    issued_by: Option<UserId>,
) -> Result<()> {
    remove(connection, new.pass.user_id)?;
    diesel::insert_into(passes::table)
        .values((
            passes::user_id.eq(new.pass.user_id.to_string()),
            passes::code_hash.eq(&new.hash),
            passes::issued_by.eq(issued_by.map(|id| id.to_string())),
            passes::issued_at.eq(new.pass.issued_at.millis()),
            passes::expires_at.eq(new.pass.expires_at.millis()),
            passes::is_once.eq(new.pass.is_once),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// A user's pass, whether it works or not.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Option<StoredPass>> {
    let row = passes::table
        .find(user.to_string())
        .select((COLUMNS, passes::code_hash))
        .first::<(PassRow, String)>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|(row, hash)| {
        Ok(StoredPass {
            pass: Pass::try_from(row)?,
            hash,
        })
    })
    .transpose()
}

/// Uses a pass; `false` where it expired, was replaced or revoked, or works once and was used, also
/// in a race.
pub fn spend(
    connection: &mut AnyConnection,
    user: UserId,
    hash: &str,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        passes::table
            .find(user.to_string())
            .filter(passes::code_hash.eq(hash))
            .filter(passes::expires_at.gt(now.millis()))
            .filter(passes::is_once.eq(false).or(passes::used_at.is_null())),
    )
    .set(passes::used_at.eq(now.millis()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends a pass for good that was seen to be over: a clock that is set back does not bring it back.
pub fn end_if_over(connection: &mut AnyConnection, user: UserId, now: Timestamp) -> Result<()> {
    diesel::update(
        passes::table
            .find(user.to_string())
            .filter(passes::expires_at.le(now.millis())),
    )
    .set(passes::expires_at.eq(0))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Ends for good at most `limit` of the passes that were over before `moment`, and counts them.
pub fn end_over(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over: Vec<String> = passes::table
        .filter(passes::expires_at.gt(0))
        .filter(passes::expires_at.lt(moment.millis()))
        .select(passes::user_id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    diesel::update(passes::table.filter(passes::user_id.eq_any(over)))
        .set(passes::expires_at.eq(0))
        .execute(connection)
        .map_err(failed)
}

/// Takes a user's pass; `false` where there is none.
pub fn remove(connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    diesel::delete(passes::table.find(user.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The passes that work, in the order of their users' accounts, after that of the user `after`.
pub fn page(
    connection: &mut AnyConnection,
    after: Option<UserId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<PassSummary>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = passes::table
        .inner_join(users::table.on(passes::user_id.eq(users::id)))
        .filter(passes::user_id.gt(after))
        .filter(passes::expires_at.gt(now.millis()))
        .filter(passes::is_once.eq(false).or(passes::used_at.is_null()))
        .order(passes::user_id)
        .limit(limit)
        .select((COLUMNS, users::name, passes::issued_by))
        .load::<(PassRow, String, Option<String>)>(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(row, owner, by)| {
            let pass = Pass::try_from(row)?;
            let bad = || unreadable("passes", &pass.user_id.to_string(), "issued_by");
            let issuer = match by {
                Some(id) => {
                    super::users::by_id(connection, UserId::from_stored(&id).ok_or_else(bad)?)?
                }
                None => None,
            };
            Ok(PassSummary {
                pass,
                owner,
                issued_by: issuer.map(|user| user.name.as_str().to_owned()),
            })
        })
        .filter_map(listed)
        .collect()
}

/// The pass of one user, where it works, as lists tell it.
pub fn summary(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<PassSummary>> {
    let Some(stored) = of_user(connection, user)? else {
        return Ok(None);
    };
    if !stored.pass.works(now) {
        return Ok(None);
    }
    let issuer = passes::table
        .inner_join(users::table.on(passes::issued_by.eq(users::id.nullable())))
        .filter(passes::user_id.eq(user.to_string()))
        .select(users::name)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    Ok(Some(PassSummary {
        owner: super::users::expect(connection, user)?.name.to_string(),
        issued_by: issuer,
        pass: stored.pass,
    }))
}

/// Removes what expired before `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "passes",
        key: "user_id",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
