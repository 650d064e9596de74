//! Deleting a user: erased, but for what the trail must tell, which tells it without name and
//! address.
//!
//! The words of the trail are struck in pieces before the user goes: a trail of years is no single
//! transaction, and an administrator who is interrupted deletes once more. Then one transaction
//! strikes what came meanwhile and erases the user. At last the database is made to forget what it
//! has overwritten.

use crate::delivered_code::forget_sendings;
use crate::grounds;
use crate::outbox::forget_in_messages;
use crate::session;
use crate::{App, WriteContext};
use keyward_core::domain::erasure::{Belongings, Forgotten, tombstone};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::erasure::{self, Lines};
use keyward_store::sessions::Open;
use keyward_store::{AnyConnection, users};

/// How many events are looked through in one transaction.
const PIECE: i64 = 500;

/// Changes whose words are nothing but what a user was called: a former name or address is in them.
const CHANGES: &[EventKind] = &[
    EventKind::UserRenamed,
    EventKind::EmailChanged,
    EventKind::DisplayNameChanged,
];

/// Events in which an address stands of a person who had no account at the time, or of whom a mail
/// server speaks.
const BEFORE_ACCOUNTS: &[EventKind] = &[
    EventKind::Invited,
    EventKind::InvitationResent,
    EventKind::InvitationRevoked,
    EventKind::InvitationAccepted,
    EventKind::MailFailed,
];

/// What the deletion of a user will do, for the question before it.
#[derive(Debug)]
pub struct Deletion {
    /// Who goes.
    pub user: User,
    /// What goes with them.
    pub belongings: Belongings,
}

/// How far the trail was looked through: the last event of each part.
#[derive(Clone, Debug)]
struct Progress {
    parts: Vec<(Lines, String)>,
    /// What was learnt so far: the trail, from which it comes, is struck.
    known: Vec<String>,
    addresses: Vec<String>,
    forgotten: Vec<Forgotten>,
    instead: String,
}

/// What the deletion of a user will do.
///
/// # Errors
/// As the deletion's.
pub async fn foresee_deletion(
    app: &App,
    administrator: &Administrator,
    id: UserId,
) -> Result<Deletion> {
    let (open, is_self) = (session::what_is_open(app), administrator.is(id));
    app.store
        .read(move |connection| {
            let user = may_go(connection, id, is_self)?;
            let belongings = belongings(connection, &user, open)?;
            Ok(Deletion { user, belongings })
        })
        .await
}

/// Erases a user with everything that is theirs, and says what went. In the trail a tombstone
/// stands where their name and address were.
///
/// # Errors
/// `user.unknown`, `user.self`, `user.last_superuser`, `api_token.scope`
pub async fn delete(app: &App, administrator: &Administrator, id: UserId) -> Result<Deletion> {
    let event = administrator.does(EventKind::UserDeleted).about(id);
    let deleted = erase(app, administrator, id, event.clone()).await;
    let deletion = app.or_refusal(event, deleted).await?;
    app.store.forget_removed().await?;
    Ok(deletion)
}

async fn erase(
    app: &App,
    administrator: &Administrator,
    id: UserId,
    event: Event,
) -> Result<Deletion> {
    let deletion = foresee_deletion(app, administrator, id).await?;
    // Nothing is struck for who may not: the transaction below asks for good.
    let (by, user) = (administrator.grounds(), deletion.user.clone());
    grounds::write_for(app, by.clone(), move |connection| {
        grounds::may_change(connection, &by, user.id)
    })
    .await?;
    let mut progress = strike_trail(app, &deletion.user).await?;
    let (context, is_self) = (app.context(), administrator.is(id));
    let event = event.detailed(EventDetail::Deleted(deletion.belongings));
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold_superusers(connection)?;
        users::hold(connection, id)?;
        // The user may have been renamed, or got rights, since they were looked at.
        let user = may_go(connection, id, is_self)?;
        grounds::may_change(connection, &by, user.id)?;
        progress.learn(connection, &user)?;
        while progress.strike_piece(connection)? {}
        finish(connection, &context, &user, &progress)?;
        context.record(connection, &event)?;
        Ok(Deletion { user, ..deletion })
    })
    .await
}

/// Strikes the name and the addresses of a user from the words of the trail, a piece at a time.
async fn strike_trail(app: &App, user: &User) -> Result<Progress> {
    let mut progress = Progress::of(user);
    let user = user.clone();
    progress = app
        .store
        .read(move |connection| {
            progress.learn(connection, &user)?;
            Ok(progress)
        })
        .await?;
    loop {
        let (went_on, is_more) = app
            .store
            .write_batch(move |connection| {
                let is_more = progress.strike_piece(connection)?;
                Ok((progress, is_more))
            })
            .await?;
        progress = went_on;
        if !is_more {
            return Ok(progress);
        }
    }
}

/// Who may be deleted by whom.
fn may_go(connection: &mut AnyConnection, id: UserId, is_self: bool) -> Result<User> {
    let user = users::expect(connection, id)?;
    if is_self {
        return Err(codes::USER_SELF.into());
    }
    if user.is_superuser && !users::has_superuser(connection, Some(id))? {
        return Err(codes::USER_LAST_SUPERUSER.into());
    }
    Ok(user)
}

fn finish(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: &User,
    progress: &Progress,
) -> Result<()> {
    forget_in_messages(connection, context, &user.name, &progress.instead)?;
    erasure::strike_notes(connection, &progress.forgotten, &progress.instead)?;
    forget_sendings(connection, user.id)?;
    match erasure::erase(connection, user.id, &progress.addresses)? {
        true => Ok(()),
        false => Err(codes::USER_UNKNOWN.into()),
    }
}

/// What belongs to a user.
pub(super) fn belongings(
    connection: &mut AnyConnection,
    user: &User,
    open: Open,
) -> Result<Belongings> {
    let mut addresses = known_as(connection, user)?;
    addresses.retain(|text| text.contains('@'));
    erasure::belongings(connection, user.id, &addresses, open)
}

/// The addresses, the display names and the former names of a user.
fn known_as(connection: &mut AnyConnection, user: &User) -> Result<Vec<String>> {
    let mut known = Vec::new();
    known.extend(user.email.as_ref().map(|email| email.as_str().to_owned()));
    known.extend(user.display_name.as_ref().map(ToString::to_string));
    for detail in erasure::details_about(connection, user.id, CHANGES)? {
        if let EventDetail::Changed { before, now } = detail {
            known.extend(before.into_iter().chain(now));
        }
    }
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

impl Progress {
    fn of(user: &User) -> Self {
        let theirs = [Lines::About(user.id), Lines::By(user.id)];
        let others = BEFORE_ACCOUNTS.iter().map(|kind| Lines::Of(*kind));
        Self {
            parts: theirs
                .into_iter()
                .chain(others)
                .map(|lines| (lines, String::new()))
                .collect(),
            known: Vec::new(),
            addresses: Vec::new(),
            forgotten: Vec::new(),
            instead: tombstone(user.id),
        }
    }

    /// Finds out under what names and addresses they were known, now and formerly.
    fn learn(&mut self, connection: &mut AnyConnection, user: &User) -> Result<()> {
        let mut known = known_as(connection, user)?;
        known.append(&mut self.known);
        known.push(user.name.as_str().to_owned());
        known.retain(|text| *text != self.instead);
        // The longest first: a name may be part of an address.
        known.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        known.dedup();
        self.addresses = known
            .iter()
            .filter(|text| text.contains('@'))
            .cloned()
            .collect();
        self.forgotten = known
            .iter()
            .filter_map(|text| Forgotten::new(text))
            .collect();
        self.known = known;
        Ok(())
    }

    /// Looks through the next events, and says whether there may be more.
    fn strike_piece(&mut self, connection: &mut AnyConnection) -> Result<bool> {
        for (lines, after) in &mut self.parts {
            let piece = erasure::details(connection, *lines, after, PIECE)?;
            let Some(last) = piece.last() else { continue };
            after.clone_from(&last.id);
            let theirs = !matches!(lines, Lines::Of(_));
            for event in &piece {
                let Some(detail) = &event.detail else {
                    continue;
                };
                let other = match theirs && is_change(&event.kind) {
                    true => Some(EventDetail::Struck {
                        tombstone: self.instead.clone(),
                    }),
                    false => detail
                        .reworded(&|text| strike(text, &self.forgotten, &self.instead, theirs)),
                };
                if let Some(other) = other {
                    erasure::reword(connection, &event.id, &other)?;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }
}

fn is_change(kind: &str) -> bool {
    CHANGES.iter().any(|change| change.as_str() == kind)
}

/// Words without names and addresses; among other people's events, without the addresses alone: a
/// name there may be another user's.
fn strike(text: &str, forgotten: &[Forgotten], instead: &str, theirs: bool) -> Option<String> {
    let wanted = forgotten.iter().filter(|one| theirs || one.is_address());
    wanted.fold(None, |clean, one| {
        let text = clean.as_deref().unwrap_or(text);
        one.struck_from(text, instead).or(clean)
    })
}
