//! The verification of an assertion: the steps of WebAuthn L3 §7.2 that look at the answer, from
//! the client data to the counter. `docs/webauthn.md` says which step is which line.
//!
//! This is the only place that makes a [`CredentialVerified`]. It reads each byte once, through
//! the strict readers of [`crate::protocols::webauthn`], and hands what was signed to `ring` as it
//! came; nothing is written out again and verified in another form. No answer makes it panic, and
//! none makes it reserve more memory than the answer itself takes.

use sha2::{Digest, Sha256};

use super::signature;
use crate::domain::credential::Credential;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::user::{UserHandle, UserId};
use crate::problem::{Problem, Result, Wording, codes};
use crate::protocols::webauthn::answer::AuthenticationAnswer;
use crate::protocols::webauthn::authenticator_data::AuthenticatorData;
use crate::protocols::webauthn::client_data::{self, CeremonyTerms};
use crate::protocols::webauthn::public_key::PublicKey;
use crate::protocols::webauthn::{refused, refused_as};

/// The proof that this user's authenticator answered just now.
///
/// Parallel answers can both have come this far. Storing the counter decides between them: update
/// where the stored counter is below [`Self::sign_count`], or where both are zero, and refuse when
/// no row was changed.
#[derive(Debug)]
#[must_use]
pub struct CredentialVerified {
    user_id: UserId,
    device_id: DeviceId,
    kind: DeviceKind,
    sign_count: u32,
    user_verified: bool,
    backed_up: bool,
}

impl CredentialVerified {
    /// Who answered.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// With what.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// What kind of device it is.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The signature counter to store; zero where the authenticator has none.
    pub fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// Whether the authenticator verified its user this time.
    pub fn user_verified(&self) -> bool {
        self.user_verified
    }

    /// Whether the credential is backed up now; to be stored.
    pub fn backed_up(&self) -> bool {
        self.backed_up
    }
}

/// Why there is no proof.
#[derive(Debug)]
pub enum AuthenticationRefusal {
    /// The answer cannot be read, or is not what was asked for.
    Problem(Problem),
    /// The answer is rightly signed, but its counter is not above the stored one: there may be a
    /// copy of the authenticator (WebAuthn L3 §7.2 step 23, §6.1.1). The device is suspect now.
    CounterWentBack {
        /// The device that answered, or its copy.
        device_id: DeviceId,
        /// The counter that was last seen.
        stored: u32,
        /// The counter of this answer.
        presented: u32,
    },
}

impl From<Problem> for AuthenticationRefusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<AuthenticationRefusal> for Problem {
    fn from(refusal: AuthenticationRefusal) -> Self {
        match refusal {
            AuthenticationRefusal::Problem(problem) => problem,
            AuthenticationRefusal::CounterWentBack {
                device_id,
                stored,
                presented,
            } => Problem::new(codes::CEREMONY_COUNTER).detailed(format!(
                "device {device_id} presented {presented} after {stored}"
            )),
        }
    }
}

/// What an assertion must fit.
pub(super) struct Expected<'a> {
    /// What was asked.
    pub asked: CeremonyTerms<'a>,
    /// SHA-256 of the relying party's id.
    pub rp_id_hash: &'a [u8; 32],
    /// Whether the authenticator has to have verified its user.
    pub user_verification: bool,
    /// The handle of the user whom the credential belongs to.
    pub handle: &'a UserHandle,
}

/// Verifies an assertion by the credential `stored`, which the caller found by the answer's id
/// (WebAuthn L3 §7.2).
///
/// # Errors
/// `ceremony.malformed`, `ceremony.refused`, `ceremony.user_verification`, `database.row` for a
/// stored key that cannot be read; a counter that went back is a case of its own, and said only
/// after the signature was found right, so that no attacker without the key can raise suspicion.
pub(super) fn verify(
    expected: &Expected<'_>,
    answer: &AuthenticationAnswer,
    stored: &Credential,
) -> Result<CredentialVerified, AuthenticationRefusal> {
    let told = answer.user_handle.as_deref();
    if told.is_some_and(|told| told != expected.handle.as_bytes()) {
        return Err(refused("the user handle is somebody else's").into());
    }
    client_data::check(&answer.client_data, expected.asked)?;
    let data = AuthenticatorData::read(&answer.authenticator_data)?;
    check_data(expected, &data)?;
    check_signature(answer, stored)?;
    // After the signature: before it, an attacker without a key could learn what is stored of one.
    if data.flags.backup_eligible() != stored.backup_eligible {
        let why = "the credential's backup eligibility changed";
        return Err(refused_as(Wording::Changed, why).into());
    }
    if (data.sign_count > 0 || stored.sign_count > 0) && data.sign_count <= stored.sign_count {
        return Err(AuthenticationRefusal::CounterWentBack {
            device_id: stored.device_id,
            stored: stored.sign_count,
            presented: data.sign_count,
        });
    }
    Ok(CredentialVerified {
        user_id: stored.user_id,
        device_id: stored.device_id,
        kind: stored.kind,
        sign_count: data.sign_count,
        user_verified: data.flags.user_verified(),
        backed_up: data.flags.backed_up(),
    })
}

/// The steps on authenticator data. That BS without BE and reserved flags are refused is the
/// reader's doing.
fn check_data(expected: &Expected<'_>, data: &AuthenticatorData<'_>) -> Result<()> {
    if data.attested.is_some() {
        return Err(refused(
            "there is a new credential in the authenticator data",
        ));
    }
    if data.rp_id_hash != *expected.rp_id_hash {
        return Err(refused("the relying party id is another one"));
    }
    if !data.flags.user_present() {
        return Err(refused("there was no user present at the authenticator"));
    }
    if expected.user_verification && !data.flags.user_verified() {
        return Err(codes::CEREMONY_USER_VERIFICATION.into());
    }
    Ok(())
}

fn check_signature(answer: &AuthenticationAnswer, stored: &Credential) -> Result<()> {
    let key = PublicKey::read(&stored.public_key).map_err(|problem| {
        Problem::new(codes::DATABASE_ROW)
            .detailed(format!("the public key of device {}", stored.device_id))
            .caused_by(problem)
    })?;
    let hash = Sha256::digest(&answer.client_data);
    let signed = [answer.authenticator_data.as_slice(), hash.as_slice()].concat();
    signature::verify(&key, &signed, &answer.signature)
}
