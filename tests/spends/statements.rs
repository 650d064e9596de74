//! The statements, a row each: what is prepared, what a request reads and judges, and what it spends.

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::invitation::{Invitation, InvitationId, InvitationState};
use keyward_core::domain::objection::Objection;
use keyward_core::domain::otp_key::OtpKeyId;
use keyward_core::domain::pass::Pass;
use keyward_core::domain::session::{Assurance, Methods, Session};
use keyward_core::domain::trusted_browser::TrustedBrowser;
use keyward_core::domain::user::EmailAddress;
use keyward_core::factors::delivered_code::{CodePlace, MOST_TRIES};
use keyward_core::factors::pass::StoredPass;
use keyward_core::factors::totp::{self, TotpDevice, TotpParameters};
use keyward_core::factors::trusted_browser::{self as browser_factor, BrowserKey};
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::yubico::{Answer, ConfirmedOtp, Nonce, Otp, Request};
use keyward_core::secret::{Token, TokenHash};
use keyward_store::application_sessions::HandOver;
use keyward_store::delivered_codes::NewCode;
use keyward_store::otp_keys::NewOtpKey;
use keyward_store::sessions::Open;
use keyward_store::{
    AnyConnection, application_sessions, backup_codes, credentials, delivered_codes, instance,
    invitations, journeys, objections, otp_keys, passes, passwords, recoveries, sessions,
    setup_links, spent_challenges, spent_otps, totp_secrets, trusted_browsers,
};

use crate::Step;
use crate::counts::{administration, tries};
use crate::keys::keys;
use crate::machines::machines;
use crate::openid::openid;
use crate::openid_grants::openid_grants;
use crate::stock::{LATER, NOW, Stock, step, touch};
use crate::upstream::upstream;

/// One statement that checks and uses.
#[derive(Clone, Copy)]
pub struct Spend {
    pub name: &'static str,
    pub prepare: Step<()>,
    /// Whether what a request reads would let it go on.
    pub is_good: Step<bool>,
    /// Whether the row count says that it was this one.
    pub spend: Step<bool>,
}

fn hash(text: &str) -> TokenHash {
    TokenHash::from_stored(text)
}

pub fn nothing(_: &mut AnyConnection, _: &Stock) -> Result<()> {
    Ok(())
}

pub fn anything(_: &mut AnyConnection, _: &Stock) -> Result<bool> {
    Ok(true)
}

/// All of them. What is spent in one row is of no other.
pub fn spends() -> Vec<Spend> {
    [
        factors().as_slice(),
        &links(),
        &sessions(),
        &tries(),
        &administration(),
        &machines(),
        &upstream(),
        &openid_grants(),
        &openid(),
        &keys(),
    ]
    .concat()
}

/// An OTP that a service has confirmed.
fn confirmed() -> Result<ConfirmedOtp> {
    let typed = "ccccccbcgujhingjrdejhgfnuetrgigvejhhgbkugded";
    let otp = Otp::parse(typed).ok_or_else(|| Problem::internal("no OTP"))?;
    let nonce = Nonce::generate(&SystemEntropy);
    let body = format!("otp={typed}\r\nnonce={}\r\nstatus=OK\r\n", nonce.as_str());
    match Request::new(1, None, &otp, nonce).read(body.as_bytes()) {
        Ok(Answer::Confirmed(otp)) => Ok(otp),
        _ => Err(Problem::internal("the answer is not believed")),
    }
}

fn factors() -> [Spend; 7] {
    [
        Spend {
            name: "a step of an authenticator app",
            prepare: |c, stock| {
                let device = TotpDevice {
                    device_id: stock.totp,
                    user_id: stock.user,
                    parameters: TotpParameters::default(),
                    drift: 0,
                    last_step: -1,
                    sealed_secret: stock.secret.seal(&stock.key, stock.totp, &SystemEntropy),
                };
                totp_secrets::insert(c, &device)
            },
            is_good: |c, stock| {
                let devices = totp_secrets::of_user(c, stock.user)?;
                let verified = totp::verify(&devices, &stock.typed(), NOW, true, &stock.key)?;
                Ok(verified.is_ok_and(|proof| proof.step() == step()))
            },
            spend: |c, stock| totp_secrets::spend(c, stock.totp, step(), 0),
        },
        Spend {
            name: "a touch of a key whose secret is held",
            prepare: |c, stock| {
                let key = NewOtpKey {
                    id: OtpKeyId::generate(NOW, &SystemEntropy),
                    public_id: stock.held.clone(),
                    sealed: Vec::new(),
                    serial: None,
                    progress: Some(touch(1)),
                    nonce: String::new(),
                    is_active: true,
                    note: String::new(),
                    created_at: NOW,
                };
                otp_keys::insert(c, &key).map(drop)
            },
            is_good: |c, stock| {
                let held = otp_keys::held(c, &stock.held)?.and_then(|key| key.progress);
                Ok(held.is_some_and(|held| held.usage.counter < 2))
            },
            spend: |c, stock| otp_keys::spend(c, None, &stock.held, touch(2), "", NOW),
        },
        Spend {
            name: "an OTP that a service confirmed",
            prepare: nothing,
            is_good: |_, _| confirmed().map(|otp| otp.progress().is_none()),
            spend: |c, _| spent_otps::spend(c, &confirmed()?, NOW),
        },
        Spend {
            name: "the counter of a credential",
            prepare: |c, stock| {
                let credential = Credential {
                    device_id: stock.credential,
                    user_id: stock.user,
                    kind: DeviceKind::Passkey,
                    credential_id: vec![7; 16],
                    public_key: Vec::new(),
                    sign_count: 4,
                    aaguid: uuid::Uuid::nil(),
                    transports: Vec::new(),
                    backup_eligible: false,
                    backed_up: false,
                    user_verified: true,
                    discoverable: None,
                    attestation_format: "none".to_owned(),
                };
                credentials::insert(c, &credential)
            },
            is_good: |c, stock| {
                let known = credentials::of_user(c, stock.user, false)?;
                Ok(known.iter().any(|credential| credential.sign_count < 5))
            },
            spend: |c, stock| credentials::raise_counter(c, stock.credential, 5, false),
        },
        Spend {
            name: "a backup code",
            prepare: |c, stock| backup_codes::insert(c, stock.codes, &["code".to_owned()]),
            is_good: |c, stock| backup_codes::has_any_left(c, stock.codes),
            spend: |c, stock| backup_codes::spend(c, stock.codes, "code", NOW),
        },
        Spend {
            name: "a code that was delivered",
            prepare: |c, stock| put_code(c, stock, "delivered"),
            is_good: |c, stock| {
                delivered_codes::is_outstanding(c, &hash("delivered"), stock.code, NOW)
            },
            spend: |c, stock| delivered_codes::spend(c, &hash("delivered"), stock.code),
        },
        Spend {
            name: "the last try of a code that was delivered",
            prepare: |c, stock| {
                put_code(c, stock, "tried")?;
                for _ in 1..MOST_TRIES {
                    delivered_codes::begin_try(c, &hash("tried"), NOW)?;
                }
                Ok(())
            },
            is_good: |c, _| Ok(delivered_codes::outstanding(c, &hash("tried"), NOW)?.is_some()),
            spend: |c, _| Ok(delivered_codes::begin_try(c, &hash("tried"), NOW)?.is_some()),
        },
    ]
}

fn put_code(connection: &mut AnyConnection, stock: &Stock, journey: &str) -> Result<()> {
    journeys::insert(connection, &hash(journey), stock.user, b"", LATER)?;
    let place = CodePlace {
        id: stock.code,
        journey: hash(journey),
        device: None,
    };
    let code = NewCode {
        place: &place,
        hash: "hash",
        sent_at: NOW,
        expires_at: LATER,
    };
    delivered_codes::put(connection, &code)
}

fn invite(connection: &mut AnyConnection, id: InvitationId, name: &str) -> Result<()> {
    let invitation = Invitation {
        id,
        email: EmailAddress::from_stored(&format!("{name}@example.org")),
        groups: Vec::new(),
        sent_at: NOW,
        expires_at: LATER,
        state: InvitationState::Open,
        account: None,
        mail_failure: None,
    };
    invitations::insert(connection, &invitation, &hash(name), None)
}

fn links() -> [Spend; 9] {
    [
        Spend {
            name: "an invitation",
            prepare: |c, stock| invite(c, stock.invitation, "accepted"),
            is_good: |c, _| {
                let found = invitations::by_token(c, &hash("accepted"), NOW)?;
                Ok(found.is_some_and(|found| found.state == InvitationState::Open))
            },
            spend: |c, _| invitations::accept(c, &hash("accepted"), NOW),
        },
        Spend {
            name: "an invitation that is taken back",
            prepare: |c, stock| invite(c, stock.second_invitation, "revoked"),
            is_good: |c, stock| {
                let found = invitations::by_id(c, stock.second_invitation, NOW)?;
                Ok(found.is_some_and(|found| found.state == InvitationState::Open))
            },
            spend: |c, stock| invitations::revoke(c, stock.second_invitation, NOW),
        },
        Spend {
            name: "a pass that works once",
            prepare: |c, stock| {
                let pass = Pass {
                    user_id: stock.user,
                    issued_at: NOW,
                    expires_at: LATER,
                    is_once: true,
                    used_at: None,
                };
                let hash = "hash".to_owned();
                passes::replace(c, &StoredPass { pass, hash }, None)
            },
            is_good: |c, stock| {
                let stored = passes::of_user(c, stock.user)?;
                Ok(stored.is_some_and(|stored| stored.pass.works(NOW)))
            },
            spend: |c, stock| passes::spend(c, stock.user, "hash", NOW),
        },
        Spend {
            name: "a recovery link",
            prepare: |c, stock| {
                recoveries::replace(c, &hash("recovery"), stock.user, None, NOW, LATER)
            },
            is_good: |c, _| Ok(recoveries::user_of(c, &hash("recovery"), NOW)?.is_some()),
            spend: |c, _| recoveries::take(c, &hash("recovery"), NOW),
        },
        Spend {
            name: "the set-up link",
            prepare: |c, _| setup_links::replace(c, &hash("setup"), LATER),
            is_good: |c, _| setup_links::is_open(c, &hash("setup"), NOW),
            spend: |c, _| setup_links::take(c, &hash("setup"), NOW),
        },
        Spend {
            name: "the set-up itself",
            prepare: nothing,
            is_good: |c, _| Ok(instance::get(c, instance::SET_UP)?.is_none()),
            spend: |c, _| instance::insert(c, instance::SET_UP, b"1"),
        },
        Spend {
            name: "an owner's objection",
            prepare: |c, stock| {
                let objection = Objection {
                    user_id: stock.user,
                    event: EventKind::PasswordSet,
                    device_id: None,
                    expires_at: LATER,
                    happened_at: Some(NOW),
                    device: None,
                    address: None,
                    user_agent: None,
                    former_email: None,
                };
                objections::insert(c, &hash("objection"), &objection)
            },
            is_good: |c, _| Ok(objections::get(c, &hash("objection"), NOW)?.is_some()),
            spend: |c, _| objections::take(c, &hash("objection")),
        },
        Spend {
            name: "a challenge of a passwordless sign-in",
            prepare: nothing,
            is_good: |c, stock| Ok(!spent_challenges::is_spent(c, &stock.challenge.digest())?),
            spend: |c, stock| spent_challenges::spend(c, &stock.challenge.digest(), LATER),
        },
        Spend {
            name: "the key of a trusted browser",
            prepare: |c, stock| {
                let browser = TrustedBrowser {
                    id: stock.browser,
                    user_id: stock.user,
                    name: stock.device(stock.totp, DeviceKind::Totp).name,
                    device_id: stock.totp,
                    created_at: NOW,
                    last_used_at: None,
                    expires_at: LATER,
                    client: stock.client(),
                };
                trusted_browsers::insert(c, &browser, &stock.hash())
            },
            is_good: |c, stock| {
                let Some(stored) = trusted_browsers::get(c, stock.browser)? else {
                    return Ok(false);
                };
                let key = BrowserKey::new(stock.browser, stock.token.clone());
                let trusted = browser_factor::verify(&stored, &key, NOW, &stock.client());
                Ok(trusted.is_ok_and(|proof| proof.is_newest()))
            },
            spend: |c, stock| {
                let next = Token::generate(&SystemEntropy).hash();
                let (shown, client) = (stock.hash(), stock.client());
                trusted_browsers::rotate(c, stock.browser, &shown, &next, &client, NOW)
            },
        },
    ]
}

const OPEN: Open = Open {
    now: NOW,
    idle_since: Timestamp::from_seconds(0),
};

fn sessions() -> [Spend; 6] {
    [
        Spend {
            name: "a turn of a journey",
            prepare: |c, stock| journeys::insert(c, &hash("turn"), stock.user, b"", LATER),
            is_good: |c, _| at_version(c, "turn", 0),
            spend: |c, _| journeys::take_turn(c, &hash("turn"), 0, b"next"),
        },
        Spend {
            name: "the end of a journey",
            prepare: |c, stock| journeys::insert(c, &hash("end"), stock.user, b"", LATER),
            is_good: |c, _| at_version(c, "end", 0),
            spend: |c, _| journeys::finish(c, &hash("end"), 0),
        },
        Spend {
            name: "the end of a journey that another request moves on",
            prepare: |c, stock| journeys::insert(c, &hash("moved"), stock.user, b"", LATER),
            is_good: |c, _| at_version(c, "moved", 0),
            spend: |c, _| {
                let moved = journeys::take_turn(c, &hash("moved"), 0, b"next")?;
                Ok(moved || journeys::finish(c, &hash("moved"), 0)?)
            },
        },
        Spend {
            name: "the identifier of a session",
            prepare: |c, stock| {
                let session = Session {
                    id: stock.session,
                    identifier: hash("identifier"),
                    user_id: stock.user,
                    assurance: Assurance::Verified,
                    methods: Methods::password(),
                    level: AssuranceLevel::Aal2,
                    device_id: Some(stock.totp),
                    opened_at: NOW,
                    last_seen_at: NOW,
                    expires_at: LATER,
                    client: stock.client(),
                    proved_at: Some(NOW),
                    trusted_browser_id: None,
                };
                sessions::insert(c, &session)
            },
            is_good: |c, stock| sessions::is_open(c, stock.session, &hash("identifier"), OPEN),
            spend: |c, stock| {
                let held = sessions::hold(c, stock.session, &hash("identifier"), OPEN)?;
                if held {
                    sessions::rekey(c, stock.session, &hash("next identifier"))?;
                }
                Ok(held)
            },
        },
        Spend {
            name: "a code that leads to the host of an application",
            prepare: |c, stock| {
                let hand_over = HandOver {
                    code: &hash("hand-over"),
                    session: stock.session,
                    host: "wiki.example.org",
                    browser: &hash("browser"),
                    expires_at: LATER,
                };
                application_sessions::insert_hand_over(c, &hand_over)
            },
            is_good: |c, _| {
                let session = application_sessions::session_of_hand_over(c, &hash("hand-over"))?;
                Ok(session.is_some())
            },
            spend: |c, _| {
                let (code, browser) = (hash("hand-over"), hash("browser"));
                let host = "wiki.example.org";
                let spent = application_sessions::spend_hand_over(c, &code, host, &browser, NOW)?;
                Ok(spent.is_some())
            },
        },
        Spend {
            name: "a password that was found right",
            prepare: |c, stock| passwords::set(c, stock.user, "version of its own"),
            is_good: |c, stock| Ok(passwords::of(c, stock.user)?.is_some_and(|p| p.version == 1)),
            spend: |c, stock| {
                let held = passwords::hold(c, stock.user, 1)?;
                if held {
                    passwords::set(c, stock.user, "another")?;
                }
                Ok(held)
            },
        },
    ]
}

fn at_version(connection: &mut AnyConnection, journey: &str, version: i64) -> Result<bool> {
    let row = journeys::get(connection, &hash(journey))?;
    Ok(row.is_some_and(|row| row.version == version))
}
