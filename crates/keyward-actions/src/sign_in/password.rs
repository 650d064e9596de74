//! The first step: user name and password.

use secrecy::{ExposeSecret, SecretString};

use super::open_session::{Opened, open};
use crate::attempt::{self, Tried, settle, spraying};
use crate::policy::second_factor_duty;
use crate::services::Seat;
use crate::trusted_browser::{self, Recognised, Trusted, stand_in};
use crate::{App, journey};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Actor, Event, EventKind, Refusal};
use keyward_core::domain::password::{PasswordUse, one_spelling};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{UserId, UserName, fold};
use keyward_core::factors::password::{PasswordVerified, StoredPassword};
use keyward_core::factors::trusted_browser::BrowserKey;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::sign_in::{AwaitingSecondFactor, Finished};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::{KeyPurpose, Token};
use keyward_store::{AnyConnection, devices, passwords, users};

/// Where the password led.
#[must_use]
#[derive(Debug)]
pub enum PasswordOutcome {
    /// Nowhere. Whether the name, the password or a lock was the reason is in the audit trail
    /// alone.
    Wrong,
    /// To the second factor, by this journey.
    SecondFactor(Token),
    /// To a session, in a trusted browser.
    Remembered {
        /// The session.
        opened: Opened,
        /// The browser's next key; `None` where another tab got it a moment ago.
        browser: Option<Trusted>,
    },
    /// To a session for the choice of a longer password: this one is too short for standing alone.
    OpenedByShort(Opened),
    /// To a session.
    Opened(Opened),
}

/// What a right password goes on with.
struct Way {
    scope: AttemptScope,
    next: NextPath,
    is_short: bool,
}

/// What the database tells about a user whose password was right.
struct Facts {
    has_device: bool,
    must_have_one: bool,
}

/// Checks a user name and a password, in a browser with these cookies of trusted browsers. A
/// browser that the user trusts has a count of its own and passes the locks of others; with the
/// right password it stands in for the second factor. An unknown name costs the same time, is counted the same
/// way and gets the same answer as a wrong password.
///
/// # Errors
/// `sign_in.too_many` for a locked address, `sign_in.busy`
pub async fn with_password(
    app: &App,
    name: &str,
    password: SecretString,
    next: NextPath,
    cookies: &[BrowserKey],
    client: &Client,
) -> Result<PasswordOutcome> {
    let folded: String = fold(name).chars().take(UserName::LONGEST_TYPED).collect();
    let named = {
        let folded = folded.clone();
        app.store
            .look(move |connection| passwords::by_sign_in(connection, &folded))
            .await?
    };
    let known = named.user;
    let user = known.as_ref().map(|(stored, _)| stored.user_id);
    let trusted = match user {
        Some(id) if !cookies.is_empty() => {
            trusted_browser::recognise(app, id, cookies, client).await?
        }
        _ => None,
    };
    let scope = match (user, &trusted) {
        (Some(id), Some(trusted)) => AttemptScope::TrustedBrowser(id, trusted.key.id()),
        (Some(id), None) => AttemptScope::Password(id),
        (None, _) => unknown_name(app, &folded),
    };
    if trusted.is_none() {
        attempt::admit_address(app, client).await?;
    }
    let locked = refusal(user, Refusal::Locked, client);
    // Where the work begins: what waited for a seat meanwhile is looked at again.
    let seat = app.passwords.take_seat().await?;
    if !attempt::admit_first_step(app, &scope, locked, client).await? {
        return Ok(PasswordOutcome::Wrong);
    }
    let spelt = one_spelling(password.clone());
    let is_short = spelt.expose_secret().chars().count() < PasswordUse::Alone.shortest();
    let (stored, is_enabled) = known.unzip();
    let wrong = why_wrong(stored.as_ref(), named.is_of_several);
    let is_enabled = is_enabled.unwrap_or_default();
    let proof = check_password(app, seat, stored, password).await?;
    match (proof, user) {
        (Some(proof), Some(_)) if is_enabled => {
            let way = Way {
                scope,
                next,
                is_short,
            };
            let scope = match after_password(app, proof, way, trusted, client).await? {
                Ok(led) => return Ok(led),
                Err(scope) => scope,
            };
            // Right when it was looked at, and replaced since.
            let refused = refusal(user, Refusal::ReplacedPassword, client);
            attempt::refuse_first_step(app, scope, refused, client).await?;
            Ok(PasswordOutcome::Wrong)
        }
        (proof, user) => {
            let reason = match proof {
                Some(_) => Refusal::Disabled,
                None => wrong,
            };
            let refused = refusal(user, reason, client);
            attempt::refuse_first_step(app, scope, refused, client).await?;
            Ok(PasswordOutcome::Wrong)
        }
    }
}

/// The scope of a name that no user has. It is kept as a keyed hash: people type their password
/// into this field now and then.
pub(crate) fn unknown_name(app: &App, folded: &str) -> AttemptScope {
    let hash = app
        .master_key
        .tag::<16>(KeyPurpose::UnknownName, &["password", folded]);
    AttemptScope::UnknownName(data_encoding::HEXLOWER.encode(hash.as_slice()))
}

async fn check_password(
    app: &App,
    seat: Seat,
    stored: Option<StoredPassword>,
    typed: SecretString,
) -> Result<Option<PasswordVerified>> {
    let entropy = app.entropy.clone();
    let (proof, renewed) = app
        .passwords
        .on_seat(seat, move |checker| {
            let typed = typed.expose_secret();
            let proof = checker.verify(stored.as_ref(), typed);
            // The only moment at which the password is there to be hashed better.
            let renewed = match (&proof, &stored) {
                (Some(_), Some(stored)) => checker.renewed(stored, typed, &*entropy)?,
                _ => None,
            };
            Ok::<_, Problem>((proof, stored.zip(renewed)))
        })
        .await??;
    if let Some((stored, hash)) = renewed {
        app.store
            .write(move |connection| passwords::renew(connection, &stored, &hash))
            .await?;
    }
    Ok(proof)
}

/// The password was right: on to the second factor, to its enrolment, or in. Gives back what
/// the try is counted on where the password was replaced since.
async fn after_password(
    app: &App,
    proof: PasswordVerified,
    way: Way,
    trusted: Option<Recognised>,
    client: &Client,
) -> Result<Result<PasswordOutcome, AttemptScope>> {
    let user = proof.user_id();
    let mut proof = proof;
    if let Some(trusted) = trusted {
        let next = way.next.clone();
        match let_in(app, proof, &way.scope, next, trusted, client).await? {
            Ok(remembered) => return Ok(Ok(remembered)),
            Err(unused) => proof = unused,
        }
    }
    let accepted = Event::new(EventKind::PasswordChecked)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    let (own, client) = (app.clone(), client.clone());
    app.store
        .write(move |connection| {
            if !passwords::hold_proved(connection, &proof)? {
                return Ok(Err(way.scope));
            }
            let (context, settings) = (own.context(), &own.settings);
            settle(
                connection,
                &context,
                &way.scope,
                Tried::Right,
                &settings.lockout,
                &client,
            )?;
            spraying::forget(connection, &way.scope, &client)?;
            context.record(connection, &accepted)?;
            let facts = Facts::about(connection, &own, user)?;
            lead_on(&own, connection, proof, way, &facts, &client).map(Ok)
        })
        .await
}

/// Where a right password leads, in the transaction in which it was found to be right still.
fn lead_on(
    app: &App,
    connection: &mut AnyConnection,
    proof: PasswordVerified,
    way: Way,
    facts: &Facts,
    client: &Client,
) -> Result<PasswordOutcome> {
    if facts.has_device {
        let stage = AwaitingSecondFactor::begin(proof, way.next, app.now());
        let lasting = app.settings.session.sign_in_timeout;
        let lasting = lasting.unwrap_or(journey::LONGEST);
        let journey = crate::journey::prepare(app, &stage, lasting)?;
        return journey.begin(connection).map(PasswordOutcome::SecondFactor);
    }
    // Where a device must come first, the password will not stand alone.
    let finished = match (facts.must_have_one, way.is_short) {
        (true, _) => Finished::to_enrolment(proof),
        (false, true) => Finished::to_longer_password(proof),
        (false, false) => Finished::by_password(proof, way.next),
    };
    let session = &app.settings.session;
    let opened = open(connection, &app.context(), finished, session, client)?;
    Ok(match way.is_short && !facts.must_have_one {
        true => PasswordOutcome::OpenedByShort(opened),
        false => PasswordOutcome::Opened(opened),
    })
}

/// Lets a trusted browser stand in for the second factor. Gives the password's proof back where
/// it cannot any more, and the second factor is asked for.
async fn let_in(
    app: &App,
    password: PasswordVerified,
    scope: &AttemptScope,
    next: NextPath,
    trusted: Recognised,
    client: &Client,
) -> Result<Result<PasswordOutcome, PasswordVerified>> {
    let user = password.user_id();
    let key = trusted_browser::next_key(app, &trusted);
    let accepted = Event::new(EventKind::PasswordChecked)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let cookie = trusted_browser::cookie_of(app, &trusted, &key);
    let scope = scope.clone();
    let opened = app
        .store
        .write(move |connection| {
            if !passwords::hold_proved(connection, &password)? {
                return Ok(Err(password));
            }
            let stood_in = stand_in(connection, &context, &trusted, &key, &from)?;
            let Some((browser, has_next)) = stood_in else {
                return Ok(Err(password));
            };
            let finished = Finished::by_trusted_browser(&password, &browser, next)?;
            let lockout = &settings.lockout;
            settle(connection, &context, &scope, Tried::Right, lockout, &from)?;
            context.record(connection, &accepted)?;
            let opened = open(connection, &context, finished, &settings.session, &from)?;
            Ok(Ok((opened, has_next)))
        })
        .await?;
    Ok(
        opened.map(|(opened, has_next)| PasswordOutcome::Remembered {
            opened,
            browser: has_next.then_some(cookie),
        }),
    )
}

impl Facts {
    fn about(connection: &mut AnyConnection, own: &App, user: UserId) -> Result<Self> {
        let now = own.now();
        let person = users::expect(connection, user)?;
        let duty = second_factor_duty(connection, &own.settings.policy, &person, now)?;
        Ok(Self {
            // A suspect device counts: it must not turn the second factor off.
            has_device: devices::has_any(connection, user)?,
            must_have_one: duty.is_some_and(|duty| duty.is_due(now)),
        })
    }
}

/// Why a password that opens nothing does not, for the trail alone.
fn why_wrong(stored: Option<&StoredPassword>, is_of_several: bool) -> Refusal {
    match stored {
        Some(stored) if stored.hash.is_some() => Refusal::WrongPassword,
        Some(_) => Refusal::NoPassword,
        None if is_of_several => Refusal::AddressOfSeveral,
        None => Refusal::UnknownUser,
    }
}

fn refusal(user: Option<UserId>, reason: Refusal, client: &Client) -> Event {
    let mut event = Event::new(EventKind::PasswordChecked)
        .refused(reason)
        .from(client);
    event.subject = user;
    event
}
