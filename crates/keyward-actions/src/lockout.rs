//! Lockouts: what is counted, and forgetting it.

use std::net::IpAddr;

use super::App;
use super::delivered_code::forget_sendings;
use crate::grounds;
use crate::recovery;
use crate::sign_in;
use crate::user;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::attempt::{AttemptCount, AttemptScope};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::ClearedCounts;
use keyward_core::domain::user::{UserId, UserName, fold};
use keyward_core::flows::permit::{Administrator, Grounds, MayAudit};
use keyward_core::problem::Result;
use keyward_store::attempts::{self, Clearing};
use keyward_store::{AnyConnection, users};

/// Which lockouts to forget.
#[derive(Clone, Debug)]
pub enum Lockouts {
    /// All of them.
    All,
    /// Those that hold no user up any more.
    Expired,
    /// A user's, or that of a name that no user has.
    Name(String),
    /// An address's.
    Address(IpAddr),
    /// One count, by the key that the list shows.
    Scope(String),
}

/// What is counted: what is locked first, then the most recent, at most `limit` entries, with the names of the users
/// that they are counted on.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayAudit,
    limit: i64,
) -> Result<Vec<(AttemptCount, Option<UserName>)>> {
    let now = app.now();
    app.store
        .read(move |connection| {
            let counts = attempts::list(connection, now, limit)?;
            counts
                .into_iter()
                .map(|count| {
                    let name = match AttemptScope::user_of(&count.scope) {
                        Some(id) => users::name_of(connection, id)?,
                        None => None,
                    };
                    Ok((count, name))
                })
                .collect()
        })
        .await
}

/// A page of what is counted in the order of the keys, after one, with the names of the users that they
/// are counted on.
///
/// # Errors
/// The store's.
pub async fn page(
    app: &App,
    _: &MayAudit,
    after: String,
    limit: i64,
) -> Result<Vec<(AttemptCount, Option<UserName>)>> {
    let now = app.now();
    app.store
        .read(move |connection| {
            let counts = attempts::page(connection, now, &after, limit)?;
            let mut found = Vec::with_capacity(counts.len());
            for count in counts {
                let name = match AttemptScope::user_of(&count.scope) {
                    Some(id) => users::name_of(connection, id)?,
                    None => None,
                };
                found.push((count, name));
            }
            Ok(found)
        })
        .await
}

/// How many scopes are counted, and how many of them are locked now: what clearing all forgets.
///
/// # Errors
/// The store's.
pub async fn tally(app: &App, _: &MayAudit) -> Result<(u64, u64)> {
    let now = app.now();
    app.store
        .read(move |connection| attempts::tally(connection, now))
        .await
}

/// Forgets lockouts, and says how many.
///
/// # Errors
/// `api_token.scope` for those of superusers, and for all.
pub async fn clear(app: &App, administrator: &Administrator, which: Lockouts) -> Result<usize> {
    let mut event = administrator.does(EventKind::LockoutsCleared);
    let clearing = match which {
        Lockouts::All => Clearing::All,
        Lockouts::Expired => Clearing::Expired(app.now()),
        Lockouts::Address(address) => Clearing::Scope(AttemptScope::address(address)),
        Lockouts::Scope(key) => Clearing::Key(key),
        Lockouts::Name(name) => match user::find_by_name(app, administrator, &name).await? {
            Some(user) => Clearing::User(user.id),
            None => Clearing::Scope(sign_in::unknown_name(app, &fold(&name))),
        },
    };
    match &clearing {
        Clearing::All => {
            event = event.detailed(EventDetail::Cleared {
                which: ClearedCounts::All,
            })
        }
        Clearing::Expired(_) => {
            event = event.detailed(EventDetail::Cleared {
                which: ClearedCounts::Expired,
            })
        }
        Clearing::Scope(scope) => event = event.detailed(counted(&scope.key())),
        Clearing::Key(key) => {
            event.subject = AttemptScope::user_of(key);
            event = event.detailed(counted(key));
        }
        Clearing::User(user) => event = event.about(*user),
    }
    let recovery = match &clearing {
        Clearing::User(user) => recovery_of(app, *user).await?,
        _ => None,
    };
    // Asking for links and wrong API tokens have counts of their own, by the same address.
    let beside = match &clearing {
        Clearing::Scope(scope @ AttemptScope::Address(address)) => vec![
            recovery::scope(app, &scope.key()),
            AttemptScope::api_tokens(*address),
        ],
        _ => Vec::new(),
    };
    let (context, by) = (app.context(), administrator.grounds());
    grounds::write_for(app, by.clone(), move |connection| {
        may_forget(connection, &by, &clearing)?;
        // An address's own row comes last, as wherever it is counted.
        let mut count = 0;
        for scope in beside {
            count += attempts::clear_many(connection, &Clearing::Scope(scope))?;
        }
        count += attempts::clear_many(connection, &clearing)?;
        if let Clearing::User(user) = clearing {
            count += forget_deliveries(connection, user, recovery.as_ref())?;
        }
        context.record(connection, &event)?;
        Ok(count)
    })
    .await
}

/// Forgets what is counted on a user, with the codes and the recovery links that were sent to
/// them, and says how many counts that were.
///
/// # Errors
/// `user.unknown`
pub async fn unlock_user(app: &App, administrator: &Administrator, id: UserId) -> Result<usize> {
    let event = administrator.does(EventKind::UserUnlocked).about(id);
    let (context, recovery) = (app.context(), recovery_of(app, id).await?);
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, id)?;
        grounds::may_change(connection, &by, id)?;
        let mut count = attempts::clear_user(connection, id)?;
        count += forget_deliveries(connection, id, recovery.as_ref())?;
        context.record(connection, &event)?;
        Ok(count)
    })
    .await
}

/// Who forgets what is counted on a superuser as often as they like lets them be guessed without an end.
fn may_forget(connection: &mut AnyConnection, by: &Grounds, clearing: &Clearing) -> Result<()> {
    let user = match clearing {
        Clearing::All => return by.require(ApiScope::SuperusersWrite),
        Clearing::User(user) => Some(*user),
        Clearing::Key(key) => AttemptScope::user_of(key),
        Clearing::Expired(_) | Clearing::Scope(_) => None,
    };
    let Some(user) = user else { return Ok(()) };
    users::hold(connection, user)?;
    users::by_id(connection, user)?
        .map_or(Ok(()), |user| grounds::may_change(connection, by, user.id))
}

/// What is counted on, for the trail.
fn counted(key: &str) -> EventDetail {
    EventDetail::Count {
        scope: key.to_owned(),
        until: None,
    }
}

/// What the recovery links of a user are counted on, if mail reaches them.
async fn recovery_of(app: &App, id: UserId) -> Result<Option<AttemptScope>> {
    let user = app
        .store
        .look(move |connection| users::by_id(connection, id))
        .await?;
    let email = user.and_then(|user| user.email);
    Ok(email.map(|email| recovery::scope(app, &fold(email.as_str()))))
}

/// Forgets the codes and the recovery links that were sent to a user: others can use up what there
/// is of both.
fn forget_deliveries(
    connection: &mut AnyConnection,
    user: UserId,
    recovery: Option<&AttemptScope>,
) -> Result<usize> {
    let sendings = forget_sendings(connection, user)?;
    let links = match recovery {
        Some(scope) => attempts::clear_many(connection, &Clearing::Scope(scope.clone()))?,
        None => 0,
    };
    Ok(sendings + links)
}
