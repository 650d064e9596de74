//! A token that is shown.

use crate::{App, attempt};
use keyward_core::domain::api_token::{ApiScope, ApiTokenSecret};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::flows::api_token::{MayCall, Presented, judge};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::api_tokens;
use keyward_store::attempts::{self, Admission};

/// Looks at the secret of a token that a client shows. All that is wrong is answered alike; the trail
/// has the reason.
///
/// # Errors
/// `api_token.refused`; `api_token.too_many` where too many wrong ones came from there.
pub async fn present(app: &App, text: &str, client: &Client) -> Result<Presented> {
    // What is none by its form was not guessed, and costs nothing.
    let secret = ApiTokenSecret::parse(text).ok_or(codes::API_TOKEN_REFUSED)?;
    let (hash, now) = (secret.hash(), app.now());
    let found = app
        .store
        .look(move |connection| api_tokens::by_secret(connection, &hash))
        .await?;
    let refused = Event::new(EventKind::ApiTokenRefused).from(client);
    let Some((token, owner)) = found else {
        return Err(refuse(app, refused.refused(Refusal::Unknown), client).await?);
    };
    let mut refused = refused.about(owner.id);
    refused.token = Some(token.plan.name.clone());
    let is_note_old = api_tokens::is_note_old(&token, now);
    match judge(token, owner, now, client.address) {
        Err(reason) => Err(refuse(app, refused.refused(reason), client).await?),
        Ok(presented) => {
            if is_note_old {
                let id = presented.token().id;
                app.store
                    .write_unsynced(move |connection| api_tokens::note_use(connection, id, now))
                    .await?;
            }
            Ok(presented)
        }
    }
}

/// What a token that was shown may do by one of its scopes. A refusal for want of rights stands in the
/// trail: a token may be in the wrong hands.
///
/// # Errors
/// `api_token.scope`, `api_token.owner`
pub async fn allow(
    app: &App,
    presented: &Presented,
    scope: ApiScope,
    client: &Client,
) -> Result<MayCall> {
    let may = presented.may(scope, client.clone());
    if let Err(problem) = &may {
        app.record(presented.refused(client, problem.code()))
            .await?;
    }
    may
}

/// Counts a wrong token on the address that it came from, and says with what it is answered. An
/// address that is locked writes nothing.
async fn refuse(app: &App, event: Event, client: &Client) -> Result<Problem> {
    let scope = AttemptScope::api_tokens(client.address);
    let (locked, now) = (scope.clone(), app.now());
    let lock = app
        .store
        .look(move |connection| attempts::lock_of(connection, &locked, now))
        .await?;
    let too_many = move |until| {
        let problem = Problem::new(codes::API_TOKEN_TOO_MANY);
        problem.retry_after(keyward_core::clock::Timestamp::since(until, now))
    };
    if let Some(until) = lock {
        return Ok(too_many(until));
    }
    let limit = app.settings.lockout.per_address(client.address);
    let (context, client) = (app.context(), client.clone());
    app.store
        .write_unsynced(move |connection| {
            if let Some(limit) = limit {
                match attempts::admit(connection, &scope, &limit, now)? {
                    Admission::LockedUntil(until) => return Ok(too_many(until)),
                    Admission::Admitted => {}
                }
                if let Some(until) = attempts::lock_if_spent(connection, &scope, &limit, now)? {
                    let locked = attempt::locked_out(&scope, until, &client);
                    context.record(connection, &locked)?;
                }
            }
            context.record(connection, &event)?;
            Ok(codes::API_TOKEN_REFUSED.into())
        })
        .await
}
