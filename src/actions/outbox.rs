//! The outbox: what is to be sent is written in the transaction of what it tells of, and sent
//! later by whichever node claims it first.

use std::time::Duration;

use super::delivered_code::open_receiver;
use super::{Keyward, Pen, objection};
use crate::clock::Timestamp;
use crate::domain::device::DeviceKind;
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::letter::{
    About, Envelope, Letter, LetterClass, LetterId, LetterRecord, LetterState, Signal,
};
use crate::domain::policy::DutyKind;
use crate::domain::receiver::Receiver;
use crate::domain::signal::{Audience, Rule, demand_of, rule_for};
use crate::domain::user::{EmailAddress, User, UserId, UserName, fold};
use crate::flows::permit::Administrator;
use crate::gateways::mail::MailRefusal;
use crate::problem::{Problem, Result};
use crate::secret::{Place, Token};
use crate::store::outbox::{self, Channel, ClaimedRow, NewLetter};
use crate::store::{AnyConnection, devices, duties, invitations, receivers, users};

/// How long a notice is worth sending: as long as mail servers are used to wait for each other
/// (RFC 5321 §4.5.4.1).
const NOTICES_LAST: Duration = Duration::from_hours(24 * 5);
/// The wait after the first failed try; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// What policy asks of somebody within this time is one mail.
const ONE_CHANGE: Duration = Duration::from_hours(1);
/// How much longer a lease is than a try may take.
const MARGIN: Duration = Duration::from_secs(60);

/// A letter that is ours to send, for as long as the lease lasts.
pub struct ClaimedLetter {
    /// Its row.
    pub id: LetterId,
    /// What it says and where it goes.
    pub envelope: Envelope,
    /// For whom, where that is a user.
    user: Option<UserId>,
    about: Option<About>,
    tries: u32,
    expires_at: Timestamp,
    lease: String,
}

/// A letter that is given up.
struct Lost {
    id: LetterId,
    lease: String,
    user: Option<UserId>,
    about: Option<About>,
}

impl ClaimedLetter {
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
    Letter(Box<ClaimedLetter>),
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

/// Writes a letter, in the caller's transaction. It is given up after `lasting`, and withdrawn where
/// what it is about loses its meaning earlier.
pub(super) fn post(
    connection: &mut AnyConnection,
    pen: &Pen,
    topic: &str,
    user: Option<UserId>,
    about: Option<About>,
    envelope: &Envelope,
    lasting: Duration,
) -> Result<LetterId> {
    post_later(
        connection,
        pen,
        topic,
        user,
        about,
        envelope,
        lasting,
        Duration::ZERO,
    )
}

/// The same for a letter that waits for a while, and may be withdrawn meanwhile.
#[allow(clippy::too_many_arguments, reason = "a row has so many columns")]
fn post_later(
    connection: &mut AnyConnection,
    pen: &Pen,
    topic: &str,
    user: Option<UserId>,
    about: Option<About>,
    envelope: &Envelope,
    lasting: Duration,
    after: Duration,
) -> Result<LetterId> {
    let id = LetterId::generate(pen.now, &*pen.entropy);
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(envelope).map_err(Problem::internal)?);
    let content = pen
        .master_key
        .seal(&*pen.entropy, place(&id.to_string()), &plain);
    let recipient = pen.master_key.seal(
        &*pen.entropy,
        recipient_place(&id.to_string()),
        envelope.to.as_str().as_bytes(),
    );
    let letter = NewLetter {
        id,
        channel: Channel::Mail,
        class: envelope.letter.class(),
        topic,
        user,
        about: about.as_ref(),
        content: &content,
        recipient: &recipient,
        created_at: pen.now,
        due_at: pen.now + after,
        expires_at: pen.now + lasting,
    };
    outbox::insert(connection, &letter)?;
    Ok(id)
}

/// Tells an event to whom the rules say, in the caller's transaction.
pub(super) fn signal(connection: &mut AnyConnection, pen: &Pen, event: &Event) -> Result<()> {
    let Some(rule) = rule_for(event.kind, event.outcome).filter(|_| !event.is_quiet) else {
        return Ok(());
    };
    // What came too late was no answer, and says nothing about anybody.
    if rule.is_inverted && event.journey.is_none() {
        return Ok(());
    }
    let owner = match event.subject {
        Some(subject) => users::by_id(connection, subject)?,
        None => None,
    };
    if owner.is_none() && event.subject.is_some() {
        return Ok(());
    }
    let signal = describe(connection, pen, rule, event, owner.as_ref())?;
    for audience in rule.to {
        match audience {
            Audience::Owner | Audience::OwnerEverywhere => {
                let Some(owner) = &owner else { continue };
                let addresses = match audience {
                    Audience::OwnerEverywhere => every_address(connection, pen, owner)?,
                    _ => owner.email.clone().into_iter().collect(),
                };
                let mut signal = signal.clone();
                // Whoever reads mail at a new address is no witness of what happened at the old one.
                if !addresses.is_empty() && event.kind != EventKind::EmailChanged {
                    signal.objection =
                        objection::offer(connection, pen, event, owner.id, &signal, None)?;
                }
                let about = match rule.demand {
                    0 => event.journey.clone().map(About::Failure),
                    _ => Some(About::Policy(owner.id)),
                };
                tell(connection, pen, rule, &signal, owner, addresses, about)?;
            }
            Audience::Administrators => {
                let signal = Signal {
                    to_owner: false,
                    ..signal.clone()
                };
                for administrator in users::superusers(connection)? {
                    if owner
                        .as_ref()
                        .is_none_or(|owner| owner.id != administrator.id)
                    {
                        let address = administrator.email.clone().into_iter().collect();
                        tell(
                            connection,
                            pen,
                            rule,
                            &signal,
                            &administrator,
                            address,
                            None,
                        )?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Tells an event at the address that was the owner's before it, with the link by which they object
/// to what they did not do, in the caller's transaction.
pub(super) fn tell_formerly(
    connection: &mut AnyConnection,
    pen: &Pen,
    event: &Event,
    owner: &User,
    former: &EmailAddress,
) -> Result<()> {
    let Some(rule) = rule_for(event.kind, event.outcome) else {
        return Ok(());
    };
    let mut signal = describe(connection, pen, rule, event, Some(owner))?;
    signal.objection = objection::offer(connection, pen, event, owner.id, &signal, Some(former))?;
    let addresses = vec![former.clone()];
    tell(connection, pen, rule, &signal, owner, addresses, None)
}

fn describe(
    connection: &mut AnyConnection,
    pen: &Pen,
    rule: &Rule,
    event: &Event,
    owner: Option<&User>,
) -> Result<Signal> {
    let by = match event.actor {
        Actor::CommandLine => Some("command line".to_owned()),
        Actor::User(id) if owner.is_none_or(|owner| owner.id != id) => {
            users::by_id(connection, id)?.map(|user| user.name.as_str().to_owned())
        }
        Actor::User(_) | Actor::Anonymous => None,
    };
    // Where somebody else acted, their address is none of the owner's business.
    let client = event.client.as_ref().filter(|_| by.is_none());
    Ok(Signal {
        event: rule.topic(),
        at: pen.now,
        account: owner.map_or_else(String::new, |owner| owner.name.as_str().to_owned()),
        to_owner: true,
        by,
        device: device_of(connection, event)?,
        codes_left: codes_left(event),
        until: until(connection, event)?,
        address: client.map(|client| client.address),
        user_agent: client.map(|client| client.user_agent.clone()),
        objection: None,
    })
}

/// The device of an event: as it is now, or as the event tells of one that is gone.
fn device_of(
    connection: &mut AnyConnection,
    event: &Event,
) -> Result<Option<(DeviceKind, String)>> {
    let Some(id) = event.device else {
        return Ok(None);
    };
    if let Some(device) = devices::by_id(connection, id)? {
        return Ok(Some((device.kind, device.name.as_str().to_owned())));
    }
    let told = event
        .detail
        .as_deref()
        .and_then(|text| text.split_once(": "));
    Ok(told.and_then(|(kind, name)| Some((DeviceKind::parse(kind)?, name.to_owned()))))
}

/// What an event says about the codes of a set, after one was used.
fn codes_left(event: &Event) -> Option<u64> {
    let is_use = event.kind == EventKind::BackupCodeUsed;
    let told = event.detail.as_deref().filter(|_| is_use)?;
    told.strip_prefix("left: ")?.parse().ok()
}

/// Until when the owner has to do what they are reminded of.
fn until(connection: &mut AnyConnection, event: &Event) -> Result<Option<Timestamp>> {
    let is_due = event.kind == EventKind::SecondFactorDue;
    let Some(owner) = event.subject.filter(|_| is_due) else {
        return Ok(None);
    };
    let duty = duties::get(connection, owner, DutyKind::SecondFactor)?;
    Ok(duty.and_then(|duty| duty.deadline))
}

/// Every address at which somebody gets mail: their own, and those that codes are sent to.
fn every_address(
    connection: &mut AnyConnection,
    pen: &Pen,
    owner: &User,
) -> Result<Vec<EmailAddress>> {
    let mut addresses: Vec<EmailAddress> = owner.email.clone().into_iter().collect();
    for sealed in receivers::mailboxes_of(connection, owner.id)? {
        let Receiver::Mail(address) = open_receiver(&pen.master_key, &sealed)? else {
            continue;
        };
        let is_known = |known: &EmailAddress| fold(known.as_str()) == fold(address.as_str());
        if !addresses.iter().any(is_known) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn tell(
    connection: &mut AnyConnection,
    pen: &Pen,
    rule: &Rule,
    signal: &Signal,
    reader: &User,
    addresses: Vec<EmailAddress>,
    about: Option<About>,
) -> Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let topic = rule.topic();
    if let Some(pause) = rule.at_most_every
        && outbox::has_since(connection, reader.id, &topic, pen.now - pause)?
    {
        return Ok(());
    }
    if let Some(about) = about.as_ref().filter(|_| rule.demand > 0) {
        let told = outbox::topics_since(connection, about, pen.now - ONE_CHANGE)?;
        if told.iter().any(|topic| demand_of(topic) >= rule.demand) {
            return Ok(());
        }
        outbox::withdraw(connection, about, pen.now)?;
    }
    let after = rule.after.unwrap_or_default();
    for to in addresses {
        let envelope = Envelope {
            to,
            name: Some(reader.name.as_str().to_owned()),
            language: None,
            letter: Letter::Signal(signal.clone()),
        };
        let about = about.clone();
        let (id, lasting) = (Some(reader.id), NOTICES_LAST);
        post_later(
            connection, pen, &topic, id, about, &envelope, lasting, after,
        )?;
    }
    Ok(())
}

/// Puts `instead` in place of a user name in the letters about its owner that wait for others, in the
/// caller's transaction.
pub(super) fn forget_in_letters(
    connection: &mut AnyConnection,
    pen: &Pen,
    name: &UserName,
    instead: &str,
) -> Result<()> {
    let administrators = users::superusers(connection)?;
    let readers: Vec<UserId> = administrators.iter().map(|user| user.id).collect();
    for (id, content) in outbox::waiting_for(connection, &readers)? {
        let row = id.to_string();
        let plain = pen.master_key.open(place(&row), &content)?;
        let Ok(mut envelope) = serde_json::from_slice::<Envelope>(&plain) else {
            continue;
        };
        let told = match &mut envelope.letter {
            Letter::Signal(signal) => vec![Some(&mut signal.account), signal.by.as_mut()],
            Letter::Invitation { by, .. } => vec![by.as_mut()],
            Letter::Recovery { .. }
            | Letter::PasswordLink { .. }
            | Letter::Code { .. }
            | Letter::Test => Vec::new(),
        };
        let mut is_told = false;
        for told in told.into_iter().flatten() {
            if told == name.as_str() {
                instead.clone_into(told);
                is_told = true;
            }
        }
        if is_told {
            let plain = serde_json::to_vec(&envelope).map_err(Problem::internal)?;
            let plain = zeroize::Zeroizing::new(plain);
            let sealed = pen.master_key.seal(&*pen.entropy, place(&row), &plain);
            outbox::reword(connection, id, &sealed)?;
        }
    }
    Ok(())
}

impl Keyward {
    /// Whether a mail of one of these classes waits to be sent now: a plain read.
    ///
    /// # Errors
    /// The store's.
    pub async fn mail_is_due(&self, classes: Vec<LetterClass>) -> Result<bool> {
        let now = self.now();
        self.store
            .look(move |connection| outbox::is_due(connection, Channel::Mail, &classes, now))
            .await
    }

    /// Claims the mail that is due the longest, of the first of these classes in which one is. No
    /// other node gets it before the lease is over, and a lease is over by itself.
    ///
    /// # Errors
    /// The store's; `master_key.wrong` for a row that does not open, which waits for its next turn.
    pub async fn claim_mail(&self, classes: &'static [LetterClass]) -> Result<Claim> {
        let lease = Token::generate(&*self.entropy).hash().as_str().to_owned();
        let now = self.now();
        let until = now + self.mail.patience() + MARGIN;
        let holder = lease.clone();
        let row = self
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
        self.opened(row, lease).await
    }

    async fn opened(&self, row: ClaimedRow, lease: String) -> Result<Claim> {
        let id = row.id.to_string();
        let plain = self.master_key.open(place(&id), &row.content)?;
        // A letter of another version of this program that cannot be read is never sent.
        let read: Option<Envelope> = serde_json::from_slice(&plain).ok();
        let is_late = row.expires_at <= self.now();
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
            self.give_up(lost, why.to_owned()).await?;
            return Ok(Claim::Ended);
        };
        Ok(Claim::Letter(Box::new(ClaimedLetter {
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
    pub async fn settle_mail(
        &self,
        letter: &ClaimedLetter,
        outcome: &Result<(), MailRefusal>,
    ) -> Result<()> {
        let (id, lease, now) = (letter.id, letter.lease.clone(), self.now());
        match outcome {
            Ok(()) => {
                self.store
                    .write(move |connection| {
                        outbox::end(connection, id, &lease, LetterState::Sent, None, now).map(drop)
                    })
                    .await
            }
            Err(MailRefusal::ForGood(why)) => self.give_up(letter.lost(), why.clone()).await,
            Err(MailRefusal::ForNow(why)) => {
                let due_at = now + wait_after(letter.tries);
                if due_at >= letter.expires_at {
                    return self.give_up(letter.lost(), why.clone()).await;
                }
                let why = why.clone();
                self.store
                    .write(move |connection| {
                        outbox::put_off(connection, id, &lease, due_at, &why).map(drop)
                    })
                    .await
            }
        }
    }

    async fn give_up(&self, lost: Lost, why: String) -> Result<()> {
        let pen = self.pen();
        self.store
            .write(move |connection| {
                let (failed, lease) = (LetterState::Failed, lost.lease.as_str());
                if !outbox::end(connection, lost.id, lease, failed, Some(&why), pen.now)? {
                    return Ok(());
                }
                let mut event = Event::new(EventKind::MailFailed).detailed(why.clone());
                event.subject = lost.user;
                if let Some(About::Invitation(id)) = lost.about
                    && let Some(email) = invitations::note_failure(connection, id, &why)?
                {
                    event = event.detailed(format!("{}: {why}", email.as_str()));
                }
                pen.record(connection, &event)
            })
            .await
    }

    /// What is in the outbox, the newest first, at most `limit`; with what was sent already or
    /// without.
    ///
    /// # Errors
    /// The store's.
    pub async fn letters(
        &self,
        _: &Administrator,
        with_sent: bool,
        limit: i64,
    ) -> Result<Vec<LetterRecord>> {
        let rows = self
            .store
            .read(move |connection| outbox::list(connection, with_sent, limit))
            .await?;
        let opened = |(mut letter, sealed): outbox::ListedRow| {
            let id = letter.id.to_string();
            letter.recipient = sealed
                .and_then(|sealed| self.master_key.open(recipient_place(&id), &sealed).ok())
                .and_then(|plain| {
                    Some(EmailAddress::from_stored(std::str::from_utf8(&plain).ok()?))
                });
            letter
        };
        Ok(rows.into_iter().map(opened).collect())
    }

    /// Makes every mail that waits for another try due now, and counts them.
    ///
    /// # Errors
    /// The store's.
    pub async fn hurry_mail(&self, administrator: &Administrator) -> Result<usize> {
        let now = self.now();
        self.write_for(administrator.grounds(), move |connection| {
            outbox::hurry(connection, Channel::Mail, now)
        })
        .await
    }
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
