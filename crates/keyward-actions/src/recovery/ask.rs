//! Asking for a recovery link.

use std::time::Duration;

use crate::attempt::{self, locked_out, record_locked, too_many};
use crate::outbox::post;
use crate::{App, WriteContext};
use keyward_core::domain::attempt::{AttemptLimit, AttemptScope};
use keyward_core::domain::event::{Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::message::{About, Envelope, Message};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{EmailAddress, User, fold};
use keyward_core::problem::Result;
use keyward_core::secret::{KeyPurpose, Token};
use keyward_store::attempts::{self, Admission};
use keyward_store::{AnyConnection, recoveries, users};

/// How many links are sent to one address before there is a pause.
const MOST_LINKS: u32 = 3;
/// The first pause.
const PAUSE: Duration = Duration::from_mins(15);
/// To how many accounts of one address.
const MOST_ACCOUNTS: i64 = 8;

/// Sends a recovery link to the accounts of an address, where there are any. The caller is
/// answered before it is known whether there are: neither the answer nor its time tells.
///
/// # Errors
/// `sign_in.too_many` where the caller's own address asked too often.
pub async fn ask(app: &App, email: &EmailAddress, client: &Client) -> Result<()> {
    attempt::admit_address(app, client).await?;
    let folded = fold(email.as_str());
    let scope = scope(app, &folded);
    let (context, from) = (app.context(), client.clone());
    let asker = asker(app, client);
    let links = link_limit(app.settings.recovery.lasting);
    let is_admitted = app
        .store
        .write(move |connection| {
            if let Some(asker) = &asker {
                asker.admit(connection, &context, &from)?;
            }
            let admission = attempts::admit(connection, &scope, &links, context.now)?;
            attempts::lock_if_spent(connection, &scope, &links, context.now)?;
            if admission != Admission::Admitted {
                let asked = Event::new(EventKind::RecoveryAsked).from(&from);
                record_locked(
                    connection,
                    &context,
                    &scope,
                    &asked.refused(Refusal::Locked),
                )?;
            }
            Ok(admission == Admission::Admitted)
        })
        .await?;
    if is_admitted {
        let (app, client) = (app.clone(), client.clone());
        tokio::spawn(async move {
            if let Err(problem) = send_links(&app, folded, client).await {
                tracing::error!(error = ?problem, "a recovery link was not sent: {problem}");
            }
        });
    }
    Ok(())
}

/// What the asking from one address is counted on; `None` where nothing bounds it.
fn asker(app: &App, client: &Client) -> Option<Asker> {
    let limit = app.settings.lockout.per_address(client.address)?;
    let scope = scope(app, &AttemptScope::address(client.address).key());
    Some(Asker { scope, limit })
}

/// Writes the mails to the accounts of an address.
async fn send_links(app: &App, folded: String, client: Client) -> Result<()> {
    let (context, lasting) = (app.context(), app.settings.recovery.lasting);
    app.store
        .write(move |connection| {
            let mut asked = Event::new(EventKind::RecoveryAsked).from(&client);
            let accounts = users::enabled_by_email(connection, &folded, MOST_ACCOUNTS)?;
            if accounts.is_empty() {
                return context.record(connection, &asked.refused(Refusal::UnknownUser));
            }
            for user in accounts {
                send(connection, &context, &user, lasting)?;
                asked.subject = Some(user.id);
                context.record(connection, &asked)?;
            }
            Ok(())
        })
        .await
}

/// What asking is counted on: an address, as a keyed hash.
pub(crate) fn scope(app: &App, folded: &str) -> AttemptScope {
    let hash = app.master_key.tag::<16>(KeyPurpose::Recovery, &[folded]);
    AttemptScope::Recovery(data_encoding::HEXLOWER.encode(hash.as_slice()))
}

/// Who asks, by where they are. An attacker who tries many addresses is slowed down, whichever of
/// them are users'; it has a count of its own, for an office that asks for new passwords must be
/// able to sign in with them.
struct Asker {
    scope: AttemptScope,
    limit: AttemptLimit,
}

impl Asker {
    fn admit(
        &self,
        connection: &mut AnyConnection,
        context: &WriteContext,
        client: &Client,
    ) -> Result<()> {
        let address = AttemptScope::address(client.address);
        if let Admission::LockedUntil(until) =
            attempts::admit(connection, &self.scope, &self.limit, context.now)?
        {
            return Err(too_many(&address, until, context.now));
        }
        match attempts::lock_if_spent(connection, &self.scope, &self.limit, context.now)? {
            Some(until) => {
                let mut event = locked_out(&address, until, client);
                event.detail = Some(EventDetail::Links {
                    address: client.address,
                    until,
                });
                context.record(connection, &event)
            }
            None => Ok(()),
        }
    }
}

/// How many links are sent before there is a pause, which ends when the last of them does: an
/// attacker who asks on purpose keeps no user from coming back.
fn link_limit(lasting: Duration) -> AttemptLimit {
    AttemptLimit {
        failures: MOST_LINKS,
        lock: PAUSE.min(lasting),
        longest: lasting,
        in_a_row: None,
    }
}

fn send(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: &User,
    lasting: Duration,
) -> Result<()> {
    let Some(email) = &user.email else {
        return Ok(());
    };
    let token = Token::generate(&*context.entropy);
    let expires_at = context.now + lasting;
    recoveries::replace(
        connection,
        &token.hash(),
        user.id,
        Some(email),
        context.now,
        expires_at,
    )?;
    let envelope = Envelope {
        to: email.clone(),
        name: Some(user.name.as_str().to_owned()),
        language: None,
        message: Message::Recovery {
            token: token.expose().to_string(),
            expires_at,
        },
    };
    post(
        connection,
        context,
        "recovery",
        Some(user.id),
        Some(About::Recovery(user.id)),
        &envelope,
        lasting,
    )
    .map(drop)
}
