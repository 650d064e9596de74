//! The first and often only step: a passkey in place of user name and password.

use std::time::Duration;

use serde_json::Value;

use super::open_session::{Opened, open_admitted};
use crate::device;
use crate::policy::{admit_use, for_everybody};
use crate::{App, journey};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::DeviceState;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{User, UserName, fold};
use keyward_core::factors::webauthn::{
    AuthenticationRefusal, ChallengeDigest, CredentialVerified, Owner, PasswordlessChallenge, decoy,
};
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::sign_in::AfterPasskey;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::webauthn::answer::AuthenticationAnswer;
use keyward_core::secret::Token;
use keyward_store::{credentials, devices, passwords, profiles, spent_challenges, users};

/// How much longer than the browser's patience a challenge stands, for slow networks.
const GRACE: Duration = Duration::from_mins(1);

/// Where a passkey led.
#[must_use]
#[derive(Debug)]
pub enum PasskeyOutcome {
    /// To a session.
    Opened(Opened),
    /// To the password, by this journey: the passkey did not verify its user.
    Password(Token),
}

/// Whose credential an answer claims to be.
struct Claim {
    credential: Credential,
    /// `None` for a decoy.
    owner: Option<Holder>,
}

/// Who has a credential.
struct Holder {
    user: User,
    state: DeviceState,
    has_password: bool,
}

impl Claim {
    fn of_user(found: credentials::Found, has_password: bool) -> Self {
        let credentials::Found {
            credential,
            user,
            state,
        } = found;
        Self {
            credential,
            owner: Some(Holder {
                user,
                state,
                has_password,
            }),
        }
    }

    fn of_decoy(credential: Credential) -> Self {
        Self {
            credential,
            owner: None,
        }
    }

    /// What a right answer is not enough for.
    fn objection(&self, proof: &CredentialVerified) -> Option<Problem> {
        let owner = self.owner.as_ref()?;
        match owner.state {
            DeviceState::Active => {}
            DeviceState::Suspect => {
                let counter = Problem::new(codes::CEREMONY_COUNTER);
                return Some(counter.detailed("the device is on hold"));
            }
            DeviceState::Lost => return Some(codes::KEY_LOST.into()),
        }
        if !owner.user.is_enabled {
            return Some(codes::USER_DISABLED.into());
        }
        // It would have to be followed by a password, and there is none.
        let leads_nowhere = !proof.user_verified() && !owner.has_password;
        leads_nowhere.then(|| codes::CEREMONY_USER_VERIFICATION.into())
    }

    fn event(&self, client: &Client) -> Event {
        let mut event = Event::new(EventKind::PasskeyChecked).from(client);
        if let Some(owner) = &self.owner {
            event = event.about(owner.user.id).on(self.credential.device_id);
        }
        event
    }
}

/// How long a browser and its person may take over a passwordless challenge.
pub fn challenges_last(app: &App) -> Duration {
    app.settings.webauthn.timeout + GRACE
}

/// What a new challenge is bound to: a browser at which no user is known keeps it in a cookie.
pub fn passwordless_token(app: &App) -> Token {
    Token::generate(&*app.entropy)
}

/// The options for a browser at which no user is known: they ask for what everybody's policy asks
/// for, lest a name tell which groups it is in. With a name, they list the credentials of the user
/// who has it, or decoys that look alike where no user has it or that user has none. Nothing here
/// or at the answer counts failures or looks at locks: no attacker guesses a signature, and a user
/// who can make one is never kept out by others.
///
/// # Errors
/// The store's.
pub async fn passwordless_options(app: &App, browser: &Token, name: Option<&str>) -> Result<Value> {
    let Some(name) = name else {
        let challenge = new_challenge(app, browser, None);
        let policy = app.store.look(for_everybody).await?;
        let relying_party = app.ceremonies.relying_party.under(policy.rules());
        return Ok(relying_party.passwordless_options(&challenge, &[]));
    };
    let folded: String = fold(name).chars().take(UserName::LONGEST_TYPED).collect();
    // Both are found for every name, so that neither takes longer.
    let decoys = decoy::of_name(&app.master_key, &folded);
    let (theirs, named, policy) = app
        .store
        .look(move |connection| {
            let named = profiles::signs_in_as(connection, &folded)?.folded;
            let theirs = credentials::of_name(connection, &named)?;
            Ok((theirs, named, for_everybody(connection)?))
        })
        .await?;
    let challenge = new_challenge(app, browser, Some(&named));
    let asked = if theirs.is_empty() { decoys } else { theirs };
    let relying_party = app.ceremonies.relying_party.under(policy.rules());
    Ok(relying_party.passwordless_options(&challenge, &asked))
}

fn new_challenge(app: &App, browser: &Token, folded: Option<&str>) -> PasswordlessChallenge {
    let (key, entropy) = (&app.master_key, &*app.entropy);
    PasswordlessChallenge::issue(key, entropy, browser, folded, app.now())
}

/// The passwordless challenge of this browser that an answer is about, if it is about one.
pub fn passwordless_challenge(
    app: &App,
    browser: &Token,
    answer: &[u8],
) -> Option<PasswordlessChallenge> {
    PasswordlessChallenge::of_answer(&app.master_key, browser, answer)
}

/// Whether a browser's challenges are void, because it gave an answer that was about none of them.
///
/// # Errors
/// The store's.
pub async fn is_void(app: &App, browser: &Token) -> Result<bool> {
    let digest = ChallengeDigest::of_all(browser);
    app.store
        .look(move |connection| spent_challenges::is_spent(connection, &digest))
        .await
}

/// An answer that cannot be read, or is about no challenge of its browser. Which one it was meant
/// for cannot be told, so all of them are spent.
///
/// # Errors
/// The store's.
pub async fn refuse_unasked(
    app: &App,
    browser: Option<&Token>,
    answer: &[u8],
    client: &Client,
) -> Result<Problem> {
    let problem = match AuthenticationAnswer::read(answer) {
        Ok(_) => codes::CEREMONY_NOT_STARTED.into(),
        Err(problem) => problem,
    };
    let event = Event::new(EventKind::PasskeyChecked)
        .refused(problem.code())
        .from(client);
    let all = browser.filter(|_| !is_flooded(app, client));
    let all = all.map(ChallengeDigest::of_all);
    let (context, until) = (app.context(), app.now() + challenges_last(app));
    app.store
        .write(move |connection| {
            if let Some(all) = &all {
                spent_challenges::spend(connection, all, until)?;
            }
            context.record(connection, &event)
        })
        .await?;
    Ok(problem)
}

/// Verifies an answer to a passwordless challenge. The challenge is spent first: an answer to
/// it is looked at once, whatever it is.
///
/// # Errors
/// `ceremony.…`, of these `ceremony.unknown_credential` for a credential that no user has and for
/// nothing else; `user.disabled`
pub async fn with_passkey(
    app: &App,
    browser: &Token,
    challenge: PasswordlessChallenge,
    answer: &[u8],
    next: NextPath,
    client: &Client,
) -> Result<PasskeyOutcome> {
    // In a flood no row is kept of an answer that proves nothing: an attacker who sends it could fill the
    // disk. A right one spends its challenge all the same.
    let is_flood = is_flooded(app, client);
    let is_spent = is_flood || spend_challenge(app, browser, &challenge).await?;
    let id = AuthenticationAnswer::read(answer)?.credential_id;
    let Some(claim) = claim_of(app, id).await? else {
        let problem = match is_spent {
            true => codes::CEREMONY_UNKNOWN_CREDENTIAL,
            false => codes::CEREMONY_NOT_STARTED,
        };
        let event = Event::new(EventKind::PasskeyChecked).from(client);
        app.record(event.refused(problem)).await?;
        return Err(problem.into());
    };
    if !is_spent {
        let problem = Problem::new(codes::CEREMONY_NOT_STARTED);
        return Err(refuse_passkey(app, &claim, problem.into(), client).await?);
    }
    let asked = challenge.clone();
    let verified = verify_claim(app, &claim, challenge, answer);
    if is_flood && verified.is_ok() && !spend_challenge(app, browser, &asked).await? {
        let problem = Problem::new(codes::CEREMONY_NOT_STARTED);
        return Err(refuse_passkey(app, &claim, problem.into(), client).await?);
    }
    let objection = |proof: CredentialVerified| match claim.objection(&proof) {
        Some(problem) => Err(AuthenticationRefusal::Problem(problem)),
        None => Ok(proof),
    };
    match verified.and_then(objection) {
        Ok(proof) => after_passkey(app, claim, proof, next, client).await,
        Err(refusal) => Err(refuse_passkey(app, &claim, refusal, client).await?),
    }
}

fn is_flooded(app: &App, client: &Client) -> bool {
    let (kind, address) = (EventKind::PasskeyChecked, client.address);
    app.trail.runs.is_flooded(kind, address, app.now())
}

/// Spends a challenge before anything is known about the answer; `false` where it was spent
/// before, is too old, or is void with all of its browser's.
async fn spend_challenge(
    app: &App,
    browser: &Token,
    challenge: &PasswordlessChallenge,
) -> Result<bool> {
    let expires_at = challenge.issued_at() + challenges_last(app);
    let now = app.now();
    if expires_at <= now || challenge.issued_at() > now {
        return Ok(false);
    }
    let (one, all) = (challenge.digest(), ChallengeDigest::of_all(browser));
    app.store
        // Whatever comes of the try is on disk before the caller is told of it, and this with it.
        .write_unsynced(move |connection| {
            let is_first = spent_challenges::spend(connection, &one, expires_at)?;
            Ok(is_first && !spent_challenges::is_spent(connection, &all)?)
        })
        .await
}

async fn claim_of(app: &App, id: Vec<u8>) -> Result<Option<Claim>> {
    let decoy = decoy::of_id(&app.master_key, &id);
    let found = app
        .store
        .look(move |connection| {
            let Some(found) = credentials::by_credential_id(connection, &id)? else {
                return Ok(None);
            };
            let has_password = passwords::has_one(connection, found.user.id)?;
            Ok(Some(Claim::of_user(found, has_password)))
        })
        .await?;
    Ok(found.or_else(|| decoy.map(Claim::of_decoy)))
}

/// Where it stands: a signature takes less than handing it to a thread and back is worth.
fn verify_claim(
    app: &App,
    claim: &Claim,
    challenge: PasswordlessChallenge,
    answer: &[u8],
) -> Result<CredentialVerified, AuthenticationRefusal> {
    let owner = claim.owner.as_ref().map(|holder| Owner {
        handle: holder.user.handle.clone(),
        folded_name: holder.user.name.folded(),
    });
    let (key, credential) = (&app.master_key, &claim.credential);
    app.ceremonies.relying_party.finish_passwordless(
        key,
        challenge,
        answer,
        credential,
        owner.as_ref(),
    )
}

/// Records why a passkey was refused, and gives back the problem to answer with.
async fn refuse_passkey(
    app: &App,
    claim: &Claim,
    refusal: AuthenticationRefusal,
    client: &Client,
) -> Result<Problem> {
    let suspicion = device::suspicion(app, &refusal, client);
    let problem = Problem::from(refusal);
    if let (Some(suspicion), Some(owner)) = (suspicion, &claim.owner) {
        device::suspect(app, owner.user.id, suspicion).await?;
    }
    let mut event = claim.event(client).refused(problem.code());
    event.detail = EventDetail::refused(None, &problem);
    app.record(event).await?;
    Ok(problem)
}

/// Raises the counter and opens the session, or the journey to the password.
async fn after_passkey(
    app: &App,
    claim: Claim,
    proof: CredentialVerified,
    next: NextPath,
    client: &Client,
) -> Result<PasskeyOutcome> {
    let (user, device) = (proof.user_id(), proof.device_id());
    let presented = proof.sign_count();
    let accepted = claim
        .event(client)
        .by(Actor::User(user))
        .detailed(EventDetail::Device {
            kind: proof.kind(),
            name: None,
        });
    let leads_to = AfterPasskey::of(&proof, next);
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let own = app.clone();
    let spent = app
        .store
        .write(move |connection| {
            // Disabled since the answer was looked at, which opens nothing.
            if !users::hold_enabled(connection, user)? {
                return Ok(PasskeyResult::Refused(codes::USER_DISABLED.into()));
            }
            let verified = Some(proof.user_verified());
            let admitted = match admit_use(connection, user, device, verified, context.now) {
                Err(problem) if !problem.fault().is_ours() => {
                    return Ok(PasskeyResult::Refused(problem));
                }
                admitted => admitted?,
            };
            let backed_up = proof.backed_up();
            if !credentials::raise_counter(connection, device, presented, backed_up)? {
                return Ok(PasskeyResult::Overtaken);
            }
            if !devices::note_use(connection, device, context.now)? {
                let now = devices::by_id(connection, device)?.map(|device| device.state);
                let code = match now {
                    Some(DeviceState::Lost) => codes::KEY_LOST,
                    Some(DeviceState::Active | DeviceState::Suspect) | None => {
                        codes::CEREMONY_COUNTER
                    }
                };
                return Ok(PasskeyResult::Refused(code.into()));
            }
            context.record(connection, &accepted)?;
            Ok(match leads_to {
                AfterPasskey::Password(stage) => {
                    let lasting = settings.session.sign_in_timeout;
                    let lasting = lasting.unwrap_or(journey::LONGEST);
                    let journey = crate::journey::prepare(&own, &stage, lasting)?;
                    PasskeyResult::Password(journey.begin(connection)?)
                }
                AfterPasskey::Finished(finished) => {
                    let session = &settings.session;
                    let opened =
                        open_admitted(connection, &context, &admitted, finished, session, &from)?;
                    PasskeyResult::In(opened)
                }
            })
        })
        .await?;
    match spent {
        PasskeyResult::In(opened) => Ok(PasskeyOutcome::Opened(opened)),
        PasskeyResult::Password(journey) => Ok(PasskeyOutcome::Password(journey)),
        PasskeyResult::Overtaken => {
            let problem = device::overtaken(app, user, device, presented, client).await?;
            Err(refuse_passkey(app, &claim, problem.into(), client).await?)
        }
        PasskeyResult::Refused(problem) => {
            Err(refuse_passkey(app, &claim, problem.into(), client).await?)
        }
    }
}

/// What the transaction after a right answer came to.
enum PasskeyResult {
    In(Opened),
    Password(Token),
    /// Policy does not let the device prove its user, it is on hold, or its key was reported lost.
    Refused(Problem),
    Overtaken,
}
