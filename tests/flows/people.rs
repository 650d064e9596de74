//! Users, sessions, and proofs of each kind.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::{DeviceId, DeviceName};
use keyward_core::domain::pass::Pass;
use keyward_core::domain::session::{Assurance, Client, Methods, Session, SessionId};
use keyward_core::domain::trusted_browser::{KeyedBrowser, TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::{NewPassword, User, UserHandle, UserId, UserName};
use keyward_core::factors::backup_codes::{self, BackupCode, BackupCodeSet};
use keyward_core::factors::pass::{self, PassCode, PassVerified, StoredPass};
use keyward_core::factors::password::{
    PasswordCheck, PasswordCost, PasswordVerified, StoredPassword,
};
use keyward_core::factors::trusted_browser::{self, BrowserKey, BrowserTrusted};
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::secret::{MasterKey, Token, TokenHash};

pub const NOW: Timestamp = Timestamp::from_seconds(1_796_000_000);
/// How long a session lasts, and how long nothing may be heard of it.
pub const LASTS: Duration = Duration::from_secs(3600);
pub const IDLE: Duration = Duration::from_secs(1800);
/// How long a proof is fresh.
pub const FRESH: Duration = Duration::from_secs(600);

pub fn user(name: &str) -> User {
    User {
        id: UserId::generate(NOW, &SystemEntropy),
        name: UserName::from_stored(name),
        display_name: None,
        email: None,
        handle: UserHandle::generate(&SystemEntropy),
        is_superuser: false,
        is_enabled: true,
        default_device: None,
        created_at: NOW,
        last_sign_in_at: None,
    }
}

/// A session that was opened, proved and seen at [`NOW`].
pub fn session(user: UserId, assurance: Assurance) -> Session {
    Session {
        id: SessionId::generate(NOW, &SystemEntropy),
        identifier: TokenHash::from_stored("identifier"),
        user_id: user,
        assurance,
        methods: Methods::password(),
        level: AssuranceLevel::Aal1,
        device_id: None,
        opened_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW + LASTS,
        client: client(),
        proved_at: Some(NOW),
        trusted_browser_id: None,
    }
}

pub fn client() -> Client {
    Client::new([192, 0, 2, 1].into(), "Firefox")
}

/// The proof of this user's password in its third version.
pub fn password_of(user: UserId) -> PasswordVerified {
    static CHECK: OnceLock<PasswordCheck> = OnceLock::new();
    let check = CHECK.get_or_init(|| {
        let key = Arc::new(MasterKey::generate(&SystemEntropy));
        let check = PasswordCheck::new(PasswordCost::LEAST, key, &SystemEntropy);
        check.expect("a cost that argon2 knows")
    });
    let typed = "nine purple umbrellas sing";
    let name = UserName::from_stored("anna");
    let password = NewPassword::parse(typed.to_owned().into(), &name).expect("a password");
    let hash = check.hash(user, &password, &SystemEntropy).expect("a hash");
    let stored = StoredPassword {
        user_id: user,
        hash: Some(hash),
        version: 3,
    };
    check.verify(Some(&stored), typed).expect("it is right")
}

/// The proof of a pass of this user.
pub fn pass_of(user: UserId) -> PassVerified {
    let key = MasterKey::generate(&SystemEntropy);
    let code = PassCode::generate(&SystemEntropy);
    let pass = Pass {
        user_id: user,
        issued_at: NOW,
        expires_at: NOW + LASTS,
        is_once: true,
        used_at: None,
    };
    let hash = code.hash(&key, user);
    pass::verify(Some(&StoredPass { pass, hash }), Some(&code), &key, NOW).expect("it is right")
}

/// The proof of a backup code of this user, and its set.
pub fn backup_code_of(user: UserId) -> (SecondFactorVerified, DeviceId) {
    let key = MasterKey::generate(&SystemEntropy);
    let code = BackupCode::generate(&SystemEntropy);
    let device_id = DeviceId::generate(NOW, &SystemEntropy);
    let set = BackupCodeSet {
        device_id,
        user_id: user,
        codes: vec![(code.hash(&key, device_id), false)],
    };
    let proof = backup_codes::verify(Some(&set), &code, &key).expect("it is right");
    (SecondFactorVerified::BackupCode(proof), device_id)
}

/// The proof of a browser that this user trusts.
pub fn browser_of(user: UserId) -> BrowserTrusted {
    let id = TrustedBrowserId::generate(NOW, &SystemEntropy);
    let key = BrowserKey::new(id, Token::generate(&SystemEntropy));
    let stored = KeyedBrowser {
        browser: TrustedBrowser {
            id,
            user_id: user,
            name: DeviceName::from_typed("Home").expect("a name"),
            device_id: DeviceId::generate(NOW, &SystemEntropy),
            created_at: NOW,
            last_used_at: None,
            expires_at: NOW + LASTS,
            client: client(),
        },
        key_hash: key.hash(),
        previous_hash: None,
        rotated_at: NOW,
    };
    trusted_browser::verify(&stored, &key, NOW, &client()).expect("its newest key")
}
