//! Who signed in at a provider signs in here: the provider stands for the password, and for the second
//! factor where it proved one and that is enough.

use super::new_account::{is_for, provision};
use super::receive::Received;
use crate::policy::{effective, second_factor_duty};
use crate::sign_in::{Opened, open};
use crate::{App, journey};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::UpstreamProvider;
use keyward_core::domain::user::UserId;
use keyward_core::factors::upstream::UpstreamVerified;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::sign_in::{AwaitingSecondFactor, Finished};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, devices, roles, upstream_links, users};

/// Where a sign-in at a provider led.
#[must_use]
#[derive(Debug)]
pub enum UpstreamOutcome {
    /// To a session.
    Opened(Opened),
    /// To the second factor, by this journey.
    SecondFactor(Token),
}

/// Signs in who is linked with who signed in at a provider, or for whom an account is made then.
///
/// # Errors
/// `upstream.not_linked`, `user.disabled`; `user.name_taken`, `upstream.taken` for a new account
pub async fn sign_in(app: &App, received: Received, client: &Client) -> Result<UpstreamOutcome> {
    let upstream = app.upstreams.find(&received.provider)?;
    let identity = received.proof.identity().clone();
    let link = app
        .store
        .look(move |connection| upstream_links::by_identity(connection, &identity))
        .await?;
    let provider = upstream.provider.clone();
    let Some(link) = link else {
        let provisioning = provider.provisioning.clone();
        let provisioning =
            provisioning.filter(|provisioning| is_for(provisioning, &received.proof));
        return match provisioning {
            Some(provisioning) => provision(app, &provider, provisioning, received, client).await,
            None => {
                let problem = codes::UPSTREAM_NOT_LINKED.into();
                Err(refuse(app, &provider, None, problem, client).await?)
            }
        };
    };
    let user = link.user_id;
    let Some(proof) = received.proof.of(&link) else {
        return Err(codes::INTERNAL.into());
    };
    let next = received.next.unwrap_or_default();
    let (own, from) = (app.clone(), client.clone());
    let entered = app
        .store
        .write(move |connection| {
            // Its user's row first, as everybody does who ends every way in.
            if !users::hold_enabled(connection, user)? {
                return Err(codes::USER_DISABLED.into());
            }
            lead_on(
                &own,
                connection,
                &provider,
                &proof,
                next,
                IsNew(false),
                &from,
            )
        })
        .await;
    match entered {
        Err(problem) if !problem.fault().is_ours() => {
            Err(refuse(app, &upstream.provider, Some(user), problem, client).await?)
        }
        entered => entered,
    }
}

/// Whether an account was made a moment ago for the sign-in that enters it.
pub(super) struct IsNew(pub(super) bool);

/// Where a proof leads, in the transaction in which it counts.
///
/// # Errors
/// `upstream.not_linked` where the link went meanwhile.
pub(super) fn lead_on(
    app: &App,
    connection: &mut AnyConnection,
    provider: &UpstreamProvider,
    proof: &UpstreamVerified,
    next: NextPath,
    is_new: IsNew,
    client: &Client,
) -> Result<UpstreamOutcome> {
    let (context, user) = (app.context(), proof.user_id());
    if !upstream_links::note_use(connection, proof.session().link, user, context.now)? {
        return Err(codes::UPSTREAM_NOT_LINKED.into());
    }
    let accepted = checked(provider)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    context.record(connection, &accepted)?;
    let enough = second_factor(connection, provider, proof, &next)?;
    let finished = match enough {
        Some(finished) => finished,
        // A suspect device counts: it must not turn the second factor off.
        None if devices::has_any(connection, user)? => {
            let stage = AwaitingSecondFactor::begin_with_upstream(proof, next, context.now);
            let lasting = app.settings.session.sign_in_timeout;
            let lasting = lasting.unwrap_or(journey::LONGEST);
            let journey = journey::prepare(app, &stage, lasting)?;
            return journey.begin(connection).map(UpstreamOutcome::SecondFactor);
        }
        None if must_have_device(app, connection, user)? => {
            Finished::to_enrolment_by_upstream(proof)
        }
        None => Finished::by_upstream(proof, next),
    };
    let finished = match is_new {
        IsNew(true) => finished.of_new_account(),
        IsNew(false) => finished,
    };
    let session = &app.settings.session;
    let opened = open(connection, &context, finished, session, client)?;
    Ok(UpstreamOutcome::Opened(opened))
}

/// The sign-in that needs no second factor of ours: the provider proved one lately, the operator lets that
/// count, no policy asks this user for one of ours, and they are no superuser.
fn second_factor(
    connection: &mut AnyConnection,
    provider: &UpstreamProvider,
    proof: &UpstreamVerified,
    next: &NextPath,
) -> Result<Option<Finished>> {
    let user = proof.user_id();
    if !provider.counts_as_second_factor
        || users::is_superuser(connection, user)?
        || roles::has_any(connection, user)?
        || !effective(connection, user)?
            .rules()
            .take_anothers_second_factor()
    {
        return Ok(None);
    }
    Ok(Finished::by_upstream_second_factor(proof, next.clone()))
}

fn must_have_device(app: &App, connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    let now = app.now();
    let person = users::expect(connection, user)?;
    let duty = second_factor_duty(connection, &app.settings.policy, &person, now)?;
    Ok(duty.is_some_and(|duty| duty.is_due(now)))
}

/// The event of a sign-in at a provider.
pub(super) fn checked(provider: &UpstreamProvider) -> Event {
    Event::new(EventKind::UpstreamChecked).detailed(EventDetail::Named {
        name: provider.label.clone(),
    })
}

/// Records why a proof opened nothing, and gives the problem back.
pub(super) async fn refuse(
    app: &App,
    provider: &UpstreamProvider,
    user: Option<UserId>,
    problem: Problem,
    client: &Client,
) -> Result<Problem> {
    let reason = match problem.code() {
        codes::USER_DISABLED => Refusal::Disabled,
        code => code.into(),
    };
    let mut event = checked(provider).refused(reason).from(client);
    event.subject = user;
    app.record(event).await?;
    Ok(problem)
}
