//! One user, and whatever of theirs can be spent.

use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::attempt::{AttemptLimit, AttemptScope};
use keyward_core::domain::device::{Device, DeviceId, DeviceKind, DeviceName, DeviceState};
use keyward_core::domain::event::EventId;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::message::MessageId;
use keyward_core::domain::otp_key::{Progress, Usage};
use keyward_core::domain::session::{Client, SessionId};
use keyward_core::domain::trusted_browser::TrustedBrowserId;
use keyward_core::domain::user::{UserHandle, UserId, UserName};
use keyward_core::factors::delivered_code::CodeId;
use keyward_core::factors::totp::{TotpParameters, TotpSecret};
use keyward_core::factors::webauthn::PasswordlessChallenge;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::PublicId;
use keyward_core::secret::{MasterKey, Token, TokenHash};
use keyward_store::users::NewUser;
use keyward_store::{AnyConnection, devices, users};

/// The moment of everything.
pub const NOW: Timestamp = Timestamp::from_seconds(1_796_000_000);
/// An hour later.
pub const LATER: Timestamp = Timestamp::from_seconds(1_796_003_600);

/// Ids and secrets.
pub struct Stock {
    pub user: UserId,
    pub key: MasterKey,
    pub totp: DeviceId,
    pub secret: TotpSecret,
    pub credential: DeviceId,
    pub codes: DeviceId,
    pub token: Token,
    pub code: CodeId,
    pub invitation: InvitationId,
    pub second_invitation: InvitationId,
    pub browser: TrustedBrowserId,
    pub session: SessionId,
    pub message: MessageId,
    pub event: EventId,
    pub challenge: PasswordlessChallenge,
    pub held: PublicId,
}

impl Stock {
    pub fn new() -> Self {
        let entropy = &SystemEntropy;
        let key = MasterKey::generate(entropy);
        let token = Token::generate(entropy);
        Self {
            user: UserId::generate(NOW, entropy),
            totp: DeviceId::generate(NOW, entropy),
            secret: TotpSecret::generate(entropy),
            credential: DeviceId::generate(NOW, entropy),
            codes: DeviceId::generate(NOW, entropy),
            code: CodeId::generate(NOW, entropy),
            invitation: InvitationId::generate(NOW, entropy),
            second_invitation: InvitationId::generate(NOW, entropy),
            browser: TrustedBrowserId::generate(NOW, entropy),
            session: SessionId::generate(NOW, entropy),
            message: MessageId::generate(NOW, entropy),
            event: EventId::generate(NOW, entropy),
            challenge: PasswordlessChallenge::issue(&key, entropy, &token, None, NOW),
            held: PublicId::parse("vvccccdddddd").expect("modhex"),
            token,
            key,
        }
    }

    /// The hash of the one token there is: each table has its own.
    pub fn hash(&self) -> TokenHash {
        self.token.hash()
    }

    pub fn client(&self) -> Client {
        Client::new([192, 0, 2, 1].into(), "Firefox")
    }

    /// The step of [`NOW`], and its code.
    pub fn typed(&self) -> String {
        let parameters = TotpParameters::default();
        let code = self.secret.code(&parameters, step());
        code.expect("parameters that work").as_str().to_owned()
    }

    pub fn scope(&self) -> AttemptScope {
        AttemptScope::SecondFactor(self.user, DeviceKind::Totp)
    }

    pub fn device(&self, id: DeviceId, kind: DeviceKind) -> Device {
        Device {
            id,
            user_id: self.user,
            kind,
            name: DeviceName::from_typed("Mine").expect("a name"),
            model: None,
            state: DeviceState::Active,
            created_at: NOW,
            last_used_at: None,
        }
    }
}

pub fn step() -> i64 {
    NOW.millis() / 30_000
}

/// A touch of the key whose secret is held.
pub fn touch(counter: u16) -> Progress {
    Progress {
        usage: Usage {
            counter,
            session_use: 1,
        },
        device_clock: 9,
    }
}

/// One try, and one failure in a row.
pub const ONCE: AttemptLimit = AttemptLimit {
    failures: 1,
    lock: Duration::from_secs(60),
    longest: Duration::from_secs(3600),
    in_a_row: Some(1),
};

/// The user, and the devices that several statements ask for.
pub fn fill(connection: &mut AnyConnection, stock: &Stock) -> Result<()> {
    users::insert(
        connection,
        &NewUser {
            id: stock.user,
            name: UserName::parse("anna").expect("a name"),
            display_name: None,
            email: None,
            password_hash: Some("first".to_owned()),
            handle: UserHandle::generate(&SystemEntropy),
            is_superuser: false,
            created_at: NOW,
        },
    )?;
    for (id, kind) in [
        (stock.totp, DeviceKind::Totp),
        (stock.credential, DeviceKind::Passkey),
        (stock.codes, DeviceKind::BackupCodes),
    ] {
        devices::insert(connection, &stock.device(id, kind))?;
    }
    Ok(())
}
