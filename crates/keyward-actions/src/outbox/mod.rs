//! The outbox: what is to be sent is written in the transaction of what it tells of, and sent
//! later by whichever node claims it first.

mod notices;

use std::time::Duration;

pub(crate) use notices::{forget_in_messages, notify, tell_formerly};

use super::{App, WriteContext};
use crate::grounds;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::message::{
    About, Envelope, MessageClass, MessageId, MessageRecord, MessageState,
};
use keyward_core::domain::user::{EmailAddress, UserId};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::{Place, Token};
use keyward_gateways::mail::{Mail, MailRefusal};
use keyward_store::outbox::{self, Channel, ClaimedRow, NewMessage};
use keyward_store::{AnyConnection, invitations};

/// The wait after the first failed try; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How much longer a lease is than a try may take.
const MARGIN: Duration = Duration::from_secs(60);

/// A message that is ours to send, for as long as the lease lasts.
pub struct ClaimedMessage {
    /// Its row.
    pub id: MessageId,
    /// What it says and where it goes.
    pub envelope: Envelope,
    /// For whom, where that is a user.
    user: Option<UserId>,
    about: Option<About>,
    tries: u32,
    expires_at: Timestamp,
    lease: String,
}

/// A message that is given up.
struct Lost {
    id: MessageId,
    lease: String,
    user: Option<UserId>,
    about: Option<About>,
}

impl ClaimedMessage {
    fn lost(&self) -> Lost {
        Lost {
            id: self.id,
            lease: self.lease.clone(),
            user: self.user,
            about: self.about.clone(),
        }
    }
}

/// What came of claiming.
pub enum Claim {
    /// Nothing is due.
    Nothing,
    /// One that is not worth sending any more; it was ended.
    Ended,
    /// One to send.
    Message(Box<ClaimedMessage>),
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "outbox",
        column: "content",
        row,
    }
}

fn recipient_place(row: &str) -> Place<'_> {
    Place {
        column: "recipient",
        ..place(row)
    }
}

/// Writes a message, in the caller's transaction. It is given up after `lasting`, and withdrawn where
/// what it is about loses its meaning earlier.
pub(super) fn post(
    connection: &mut AnyConnection,
    context: &WriteContext,
    topic: &str,
    user: Option<UserId>,
    about: Option<About>,
    envelope: &Envelope,
    lasting: Duration,
) -> Result<MessageId> {
    post_later(
        connection,
        context,
        topic,
        user,
        about,
        envelope,
        lasting,
        Duration::ZERO,
    )
}

/// The same for a message that waits for a while, and may be withdrawn meanwhile.
#[allow(clippy::too_many_arguments, reason = "a row has so many columns")]
fn post_later(
    connection: &mut AnyConnection,
    context: &WriteContext,
    topic: &str,
    user: Option<UserId>,
    about: Option<About>,
    envelope: &Envelope,
    lasting: Duration,
    after: Duration,
) -> Result<MessageId> {
    let id = MessageId::generate(context.now, &*context.entropy);
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(envelope).map_err(Problem::internal)?);
    let content = context
        .master_key
        .seal(&*context.entropy, place(&id.to_string()), &plain);
    let recipient = context.master_key.seal(
        &*context.entropy,
        recipient_place(&id.to_string()),
        envelope.to.as_str().as_bytes(),
    );
    let message = NewMessage {
        id,
        channel: Channel::Mail,
        class: envelope.message.class(),
        topic,
        user,
        about: about.as_ref(),
        content: &content,
        recipient: &recipient,
        created_at: context.now,
        due_at: context.now + after,
        expires_at: context.now + lasting,
    };
    outbox::insert(connection, &message)?;
    Ok(id)
}

/// The id of a mail that does not wait in the outbox.
pub fn message_id(app: &App) -> MessageId {
    MessageId::generate(app.now(), &*app.entropy)
}

/// Hands one mail to the mail server, once.
///
/// # Errors
/// Why it was not taken, and whether that may be otherwise later.
pub async fn deliver(app: &App, mail: &Mail<'_>) -> Result<(), MailRefusal> {
    app.gateways.mail.send(mail).await
}

/// Whether a mail of one of these classes waits to be sent now: a plain read.
///
/// # Errors
/// The store's.
pub async fn is_due(app: &App, classes: Vec<MessageClass>) -> Result<bool> {
    let now = app.now();
    app.store
        .look(move |connection| outbox::is_due(connection, Channel::Mail, &classes, now))
        .await
}

/// Claims the mail that is due the longest, of the first of these classes in which one is. No
/// other node gets it before the lease is over, and a lease is over by itself.
///
/// # Errors
/// The store's; `master_key.wrong` for a row that does not open, which waits for its next turn.
pub async fn claim(app: &App, classes: &'static [MessageClass]) -> Result<Claim> {
    let lease = Token::generate(&*app.entropy).hash().as_str().to_owned();
    let now = app.now();
    let until = now + app.gateways.mail.patience() + MARGIN;
    let holder = lease.clone();
    let row = app
        .store
        .write(move |connection| {
            for class in classes {
                let mail = Channel::Mail;
                let row = outbox::claim(connection, mail, *class, &holder, now, until)?;
                if row.is_some() {
                    return Ok(row);
                }
            }
            Ok(None)
        })
        .await?;
    let Some(row) = row else {
        return Ok(Claim::Nothing);
    };
    opened(app, row, lease).await
}

async fn opened(app: &App, row: ClaimedRow, lease: String) -> Result<Claim> {
    let id = row.id.to_string();
    let plain = app.master_key.open(place(&id), &row.content)?;
    // A message of another version of this program that cannot be read is never sent.
    let read: Option<Envelope> = serde_json::from_slice(&plain).ok();
    let is_late = row.expires_at <= app.now();
    let Some(envelope) = read.filter(|_| !is_late) else {
        let why = if is_late {
            "it came too late"
        } else {
            "it cannot be read"
        };
        let lost = Lost {
            id: row.id,
            lease,
            user: row.user,
            about: row.about,
        };
        give_up(app, lost, why.to_owned()).await?;
        return Ok(Claim::Ended);
    };
    Ok(Claim::Message(Box::new(ClaimedMessage {
        id: row.id,
        envelope,
        user: row.user,
        about: row.about,
        tries: row.tries,
        expires_at: row.expires_at,
        lease,
    })))
}

/// Writes down what came of a try.
///
/// # Errors
/// The store's.
pub async fn settle(
    app: &App,
    message: &ClaimedMessage,
    outcome: &Result<(), MailRefusal>,
) -> Result<()> {
    let (id, lease, now) = (message.id, message.lease.clone(), app.now());
    match outcome {
        Ok(()) => {
            app.store
                .write(move |connection| {
                    outbox::end(connection, id, &lease, MessageState::Sent, None, now).map(drop)
                })
                .await
        }
        Err(MailRefusal::ForGood(why)) => give_up(app, message.lost(), why.clone()).await,
        Err(MailRefusal::ForNow(why)) => {
            let due_at = now + wait_after(message.tries);
            if due_at >= message.expires_at {
                return give_up(app, message.lost(), why.clone()).await;
            }
            let why = why.clone();
            app.store
                .write(move |connection| {
                    outbox::put_off(connection, id, &lease, due_at, &why).map(drop)
                })
                .await
        }
    }
}

async fn give_up(app: &App, lost: Lost, why: String) -> Result<()> {
    let context = app.context();
    app.store
        .write(move |connection| {
            let (failed, lease) = (MessageState::Failed, lost.lease.as_str());
            if !outbox::end(connection, lost.id, lease, failed, Some(&why), context.now)? {
                return Ok(());
            }
            let email = match lost.about {
                Some(About::Invitation(id)) => invitations::note_failure(connection, id, &why)?,
                _ => None,
            };
            let email = email.map(|email| email.as_str().to_owned());
            let mut event =
                Event::new(EventKind::MailFailed).detailed(EventDetail::MailLost { email, why });
            event.subject = lost.user;
            context.record(connection, &event)
        })
        .await
}

/// What is in the outbox, the newest first, at most `limit`; with what was sent already or
/// without.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayAudit,
    with_sent: bool,
    limit: i64,
) -> Result<Vec<MessageRecord>> {
    let rows = app
        .store
        .read(move |connection| outbox::list(connection, with_sent, limit))
        .await?;
    let opened = |(mut message, sealed): outbox::ListedRow| {
        let id = message.id.to_string();
        message.recipient = sealed
            .and_then(|sealed| app.master_key.open(recipient_place(&id), &sealed).ok())
            .and_then(|plain| Some(EmailAddress::from_stored(std::str::from_utf8(&plain).ok()?)));
        message
    };
    Ok(rows.into_iter().map(opened).collect())
}

/// Makes every mail that waits for another try due now, and counts them.
///
/// # Errors
/// The store's.
pub async fn retry(app: &App, administrator: &Administrator) -> Result<usize> {
    let now = app.now();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        outbox::retry_now(connection, Channel::Mail, now)
    })
    .await
}

/// The wait before the try after this many.
fn wait_after(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds: Vec<u64> = [1, 2, 3, 7, 8, 100]
            .into_iter()
            .map(|tries| wait_after(tries).as_secs())
            .collect();
        assert_eq!(seconds, [30, 60, 120, 1920, 3600, 3600]);
    }
}
