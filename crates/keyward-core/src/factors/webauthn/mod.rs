//! Passkeys and security keys (WebAuthn Level 3).
//!
//! A ceremony has two halves. `start_…` makes the options for the browser and a ceremony to keep;
//! `finish_…` takes the ceremony and the browser's answer and makes a proof, or refuses. Answers
//! are read strictly ([`crate::protocols::webauthn`]) and verified here; the library makes the
//! challenges of registrations and gives a second opinion on their answers.
//!
//! A ceremony knows no time and cannot tell whether it was answered before: the action that keeps
//! it takes it out of its row exactly once, with its age, before finishing it.

mod assertion;
mod attestation;
mod authentication;
pub mod decoy;
mod hints;
mod library;
mod passwordless;
mod registration;
mod signature;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::{Host, Url};
use webauthn_rs_core::WebauthnCore;

pub use assertion::{AuthenticationRefusal, CredentialVerified};
pub use attestation::{attested_serial, leads_to};
pub use authentication::AuthenticationCeremony;
pub use passwordless::{ChallengeDigest, Owner, PasswordlessChallenge, TouchVerified};
pub use registration::{CredentialRegistered, RegistrationCeremony};

use crate::clock::{SharedEntropy, SystemEntropy};
use crate::domain::device::{Authenticator, DeviceKind};
use crate::domain::policy::{Attestation, Rules, Verification};
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::algorithm::Algorithm;
use crate::protocols::webauthn::{decode, encode};

/// Whether passkeys must verify their user (by a PIN or a part of the body). Security keys are
/// asked for it where they can, and never have to: a U2F key without a PIN is a second factor too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// A passkey that does not verify its user is refused, at enrolment and at sign-in.
    #[default]
    Required,
    /// Asked for where the authenticator can do it.
    Preferred,
    /// Not asked for.
    Discouraged,
}

impl UserVerification {
    fn of(self, kind: DeviceKind) -> Self {
        match (self, kind.authenticator()) {
            (Self::Required, Some(Authenticator::Passkey)) => Self::Required,
            (Self::Required, Some(Authenticator::Roaming) | None) | (Self::Preferred, _) => {
                Self::Preferred
            }
            (Self::Discouraged, _) => Self::Discouraged,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Discouraged => "discouraged",
        }
    }
}

/// Whether authenticators are asked to prove their make. Whatever statement comes is verified;
/// nothing is trusted because of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttestationConveyance {
    /// Not asked for; browsers then show no extra question.
    #[default]
    None,
    /// Asked for, and the browser may make it anonymous.
    Indirect,
    /// Asked for as the authenticator makes it. Authenticators with statements of the formats
    /// `tpm` and `android-key` are then mostly refused.
    Direct,
    /// Asked for with what tells one authenticator from all others: browsers and keys give it to
    /// relying parties that they were set up for, and others what [`Self::Direct`] gets.
    Enterprise,
}

impl AttestationConveyance {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Indirect => "indirect",
            Self::Direct => "direct",
            Self::Enterprise => "enterprise",
        }
    }
}

/// What a relying party is made of.
#[derive(Clone, Debug)]
pub struct RelyingPartySettings {
    /// The relying party's id: a domain, in lower-case ASCII. Credentials are bound to it for good.
    pub id: String,
    /// What authenticators show as its name: 1 to 64 bytes, as some of them cut longer ones.
    pub name: String,
    /// The origins whose pages may run ceremonies, exactly as browsers write them
    /// (`https://example.org`, `http://localhost:8080`), and Android apps that may, as Android
    /// names them (`android:apk-key-hash:` and the base64url of a SHA-256).
    pub origins: Vec<String>,
    /// The origins whose pages may show ours in a frame and have ceremonies run there.
    pub top_origins: Vec<String>,
    /// The algorithms that new credentials may have, best first. Credentials that are registered
    /// go on with their own.
    pub algorithms: Vec<Algorithm>,
    /// Whether passkeys must verify their user.
    pub user_verification: UserVerification,
    /// Whether authenticators are asked to prove their make.
    pub attestation: AttestationConveyance,
    /// Whether security keys are asked to keep no credential in one of their slots.
    pub save_key_slots: bool,
    /// How long browsers wait for the person: 10 seconds to one hour.
    pub timeout: Duration,
}

/// This server, as authenticators know it.
pub struct RelyingParty {
    settings: RelyingPartySettings,
    /// SHA-256 of the id.
    id_hash: [u8; 32],
    entropy: SharedEntropy,
    core: WebauthnCore,
    /// What policy adds to the settings.
    policy: Added,
}

/// What only a policy asks for.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    /// Security keys verify their user too.
    keys_verify: bool,
    /// Nothing but security keys counts.
    security_keys_alone: bool,
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RelyingParty {
    /// A relying party, with challenges from the operating system's chance.
    ///
    /// # Errors
    /// `settings.invalid` for an id that is no domain, an origin that no browser would write, no
    /// origin on the id's domain, no algorithm, an empty or too long name, or an impossible timeout.
    pub fn new(settings: RelyingPartySettings) -> Result<Self> {
        let on_id = |host: &str| {
            let suffix = host.strip_suffix(settings.id.as_str());
            suffix.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if !is_domain(&settings.id) {
            return Err(invalid(format!("the id {:?} is no domain", settings.id)));
        }
        if settings.name.is_empty() || settings.name.len() > 64 {
            return Err(invalid("the name is not of 1 to 64 bytes"));
        }
        if settings.timeout < Duration::from_secs(10) || settings.timeout > Duration::from_hours(1)
        {
            return Err(invalid("the timeout is not of 10 seconds to one hour"));
        }
        let origins = settings.origins.iter().map(|origin| parse_origin(origin));
        let origins = origins.collect::<Result<Vec<Url>>>()?;
        if !origins.iter().filter_map(Url::host_str).any(on_id) {
            return Err(invalid(format!("no origin is on {}", settings.id)));
        }
        for origin in &settings.top_origins {
            parse_origin(origin)?;
        }
        if settings.algorithms.is_empty() {
            return Err(invalid("no algorithm is offered"));
        }
        let core = WebauthnCore::new_unsafe_experts_only(
            &settings.name,
            &settings.id,
            origins,
            settings.timeout,
            Some(false),
            Some(false),
        );
        Ok(Self {
            id_hash: Sha256::digest(&settings.id).into(),
            entropy: Arc::new(SystemEntropy),
            settings,
            core,
            policy: Added::default(),
        })
    }

    /// The same relying party, with challenges from this source of chance.
    pub fn with_entropy(self, entropy: SharedEntropy) -> Self {
        Self { entropy, ..self }
    }

    /// The same relying party, asking for what policy asks for where it says so.
    pub fn under(&self, rules: &Rules) -> Self {
        let mut settings = self.settings.clone();
        settings.user_verification = match rules.user_verification {
            None => settings.user_verification,
            Some(Verification::Discouraged) => UserVerification::Discouraged,
            Some(Verification::Preferred) => UserVerification::Preferred,
            Some(Verification::Required) => UserVerification::Required,
        };
        let asked = rules.attestation_to_ask().map(|asked| match asked {
            Attestation::None => AttestationConveyance::None,
            Attestation::Indirect => AttestationConveyance::Indirect,
            Attestation::Direct => AttestationConveyance::Direct,
            Attestation::Enterprise => AttestationConveyance::Enterprise,
        });
        settings.attestation = match asked {
            None => settings.attestation,
            // What other rules need is no word against more.
            Some(asked) if rules.attestation.is_none() => settings.attestation.max(asked),
            Some(asked) => asked,
        };
        Self {
            settings,
            id_hash: self.id_hash,
            entropy: Arc::clone(&self.entropy),
            core: self.core.clone(),
            policy: Added {
                keys_verify: rules.user_verification == Some(Verification::Required),
                security_keys_alone: rules.hardware_only,
            },
        }
    }

    /// What an authenticator of this kind is asked for. The setting never holds a security key to
    /// more than a second factor needs; a policy that requires verification does.
    fn verification_of(&self, kind: DeviceKind) -> UserVerification {
        if self.policy.keys_verify {
            return UserVerification::Required;
        }
        self.settings.user_verification.of(kind)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.settings.id
    }

    /// The origins whose pages may run ceremonies; apps have none.
    pub fn origins(&self) -> Vec<String> {
        let origins = self.settings.origins.iter();
        origins
            .filter(|one| !is_android_app(one))
            .cloned()
            .collect()
    }

    /// 32 random bytes in base64url (WebAuthn L3 §13.4.3 asks for 16 at least).
    fn new_challenge(&self) -> String {
        encode(&self.entropy.bytes::<32>())
    }

    fn timeout_millis(&self) -> u64 {
        u64::try_from(self.settings.timeout.as_millis()).unwrap_or(u64::MAX)
    }
}

fn is_domain(id: &str) -> bool {
    let parsed = Url::parse(&format!("https://{id}"));
    parsed.is_ok_and(|url| matches!(url.host(), Some(Host::Domain(domain)) if domain == id))
}

fn parse_origin(origin: &str) -> Result<Url> {
    let is_browsers = |url: &Url| {
        matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == origin
    };
    Url::parse(origin)
        .ok()
        .filter(|url| is_browsers(url) || is_android_app(origin))
        .ok_or_else(|| invalid(format!("{origin:?} is not an origin as browsers write it")))
}

/// Whether this is the name of an app as Android gives it in place of a page's origin: by the
/// SHA-256 of the certificate that signed it.
pub fn is_android_app(origin: &str) -> bool {
    let hash = origin.strip_prefix("android:apk-key-hash:");
    hash.is_some_and(|hash| decode("origin", hash).is_ok_and(|hash| hash.len() == 32))
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(codes::SETTINGS_INVALID).detailed(format!("relying party: {}", detail.into()))
}
