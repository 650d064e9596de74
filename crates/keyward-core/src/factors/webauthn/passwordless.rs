//! A passkey in place of user name and password (WebAuthn L3 §7.2 where the user was not identified
//! before the ceremony).
//!
//! No user is known yet, so there is no row that could hold the ceremony. The challenge itself is
//! the ceremony: sealed under the master key for the browser that asked, with the moment and the
//! name for which it was asked. The action that keeps challenges spends each when its answer comes,
//! and refuses those that are too old.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::assertion::{self, AuthenticationRefusal, CredentialVerified, Expected};
use super::registration::descriptor;
use super::{RelyingParty, UserVerification, hints};
use crate::clock::{Entropy, Timestamp};
use crate::domain::credential::Credential;
use crate::domain::device::DeviceId;
use crate::domain::user::UserHandle;
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::answer::AuthenticationAnswer;
use crate::protocols::webauthn::authenticator_data::AuthenticatorData;
use crate::protocols::webauthn::client_data::{self, CeremonyTerms, Purpose};
use crate::protocols::webauthn::{decode, encode, refused};
use crate::secret::{KeyPurpose, MasterKey, Place, Token};

/// A name as the challenge holds it: a keyed hash of its folded form, or zeros for none.
type NameTag = [u8; 16];

const NOBODY: NameTag = [0; 16];

/// The digest of a challenge, as the database holds those that were answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeDigest(String);

impl ChallengeDigest {
    /// What stands for all challenges of a browser.
    pub fn of_all(browser: &Token) -> Self {
        let digest = Sha256::digest(format!("all of {}", browser.hash().as_str()));
        Self(data_encoding::HEXLOWER.encode(&digest))
    }

    /// The text in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A challenge of ours to one browser: 65 bytes, of which 24 are random and the rest sealed.
#[derive(Clone, Debug)]
pub struct PasswordlessChallenge {
    text: String,
    issued_at: Timestamp,
    name: NameTag,
}

impl PasswordlessChallenge {
    /// A new challenge to this browser, for the owner of this folded name or for any user who
    /// answers.
    pub fn issue(
        key: &MasterKey,
        entropy: &dyn Entropy,
        browser: &Token,
        folded: Option<&str>,
        now: Timestamp,
    ) -> Self {
        let name = folded.map_or(NOBODY, |folded| name_tag(key, folded));
        let mut plain = Zeroizing::new(now.millis().to_be_bytes().to_vec());
        plain.extend_from_slice(&name);
        let row = browser.hash();
        Self {
            text: encode(&key.seal(entropy, place(row.as_str()), &plain)),
            issued_at: now,
            name,
        }
    }

    /// The challenge that an answer names, if it is one of ours to this browser. Nothing else of
    /// the answer is checked yet.
    pub fn of_answer(key: &MasterKey, browser: &Token, answer: &[u8]) -> Option<Self> {
        let answer = AuthenticationAnswer::read(answer).ok()?;
        let text = client_data::challenge(&answer.client_data).ok()?;
        let sealed = decode("challenge", &text).ok()?;
        let plain = key.open(place(browser.hash().as_str()), &sealed).ok()?;
        let (moment, name) = plain.split_at_checked(8)?;
        Some(Self {
            text,
            issued_at: Timestamp::from_millis(i64::from_be_bytes(moment.try_into().ok()?)),
            name: name.try_into().ok()?,
        })
    }

    /// When it was sent.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// What is spent when it is answered.
    pub fn digest(&self) -> ChallengeDigest {
        let digest = Sha256::digest(self.text.as_bytes());
        ChallengeDigest(data_encoding::HEXLOWER.encode(&digest))
    }

    /// Whether a user of this folded name may answer.
    fn is_for(&self, key: &MasterKey, folded: &str) -> bool {
        self.name == NOBODY || self.name == name_tag(key, folded)
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "browsers",
        column: "challenge",
        row,
    }
}

fn name_tag(key: &MasterKey, folded: &str) -> NameTag {
    *key.tag::<16>(KeyPurpose::ChallengeName, &[folded])
}

/// Who a credential that answers belongs to.
#[derive(Debug)]
pub struct Owner {
    /// The handle.
    pub handle: UserHandle,
    /// The folded name.
    pub folded_name: String,
}

/// A key that was touched: which credential on it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchVerified {
    /// The device.
    pub device_id: DeviceId,
    /// The signature counter to store; zero where the authenticator has none.
    pub sign_count: u32,
    /// Whether the credential is backed up now; to be stored.
    pub backed_up: bool,
}

impl RelyingParty {
    /// The options for a browser at which no user is known (the input of
    /// `parseRequestOptionsFromJSON`). `credentials` are those of the name that was typed; without
    /// any, the authenticator looks for discoverable ones by itself.
    pub fn passwordless_options(
        &self,
        challenge: &PasswordlessChallenge,
        credentials: &[Credential],
    ) -> Value {
        let credentials: Vec<&Credential> = credentials.iter().collect();
        let verification = if credentials.is_empty() {
            self.settings.user_verification
        } else {
            self.verification_to_ask(&credentials)
        };
        let allowed: Vec<Value> = credentials.iter().copied().map(descriptor).collect();
        json!({
            "challenge": challenge.text,
            "timeout": self.timeout_millis(),
            "rpId": self.settings.id,
            "allowCredentials": allowed,
            "userVerification": verification.as_str(),
            "hints": match credentials.is_empty() {
                true => hints::for_anybody(self.policy.security_keys_alone),
                false => hints::for_use(&credentials),
            },
        })
    }

    /// Verifies an answer to a passwordless challenge, which was spent before. `owner` is the
    /// credential's, or `None` for a decoy, which nothing verifies.
    ///
    /// Without a name, the user is told by the handle alone: an answer must carry it, and it must
    /// be the owner's. Up to the signature, what is wrong with an answer reads the same for a
    /// credential and a decoy; whether its user had to be verified is said only after it.
    ///
    /// # Errors
    /// As [`RelyingParty::finish_authentication`].
    pub fn finish_passwordless(
        &self,
        key: &MasterKey,
        challenge: PasswordlessChallenge,
        answer: &[u8],
        credential: &Credential,
        owner: Option<&Owner>,
    ) -> Result<CredentialVerified, AuthenticationRefusal> {
        let proof = self.finish_unverified(key, challenge, answer, credential, owner)?;
        let needed = self.settings.user_verification.of(proof.kind());
        if needed == UserVerification::Required && !proof.user_verified() {
            return Err(Problem::new(codes::CEREMONY_USER_VERIFICATION).into());
        }
        Ok(proof)
    }

    /// The options by which a key tells which one it is, in the hands of somebody who is not its owner and knows no
    /// PIN of theirs: they ask for a touch alone. With `credentials`, also of authenticators that keep none of
    /// their own.
    pub fn touch_options(
        &self,
        challenge: &PasswordlessChallenge,
        credentials: &[Credential],
    ) -> Value {
        let allowed: Vec<Value> = credentials.iter().map(descriptor).collect();
        json!({
            "challenge": challenge.text,
            "timeout": self.timeout_millis(),
            "rpId": self.settings.id,
            "allowCredentials": allowed,
            "userVerification": UserVerification::Discouraged.as_str(),
            "hints": ["security-key"],
        })
    }

    /// Verifies an answer to [`touch_options`](Self::touch_options). It says which key was touched and proves no
    /// user: what comes of it opens nothing.
    ///
    /// # Errors
    /// As [`RelyingParty::finish_authentication`].
    pub fn finish_touch(
        &self,
        key: &MasterKey,
        challenge: PasswordlessChallenge,
        answer: &[u8],
        credential: &Credential,
        owner: &Owner,
    ) -> Result<TouchVerified, AuthenticationRefusal> {
        let proof = self.finish_unverified(key, challenge, answer, credential, Some(owner))?;
        Ok(TouchVerified {
            device_id: proof.device_id(),
            sign_count: proof.sign_count(),
            backed_up: proof.backed_up(),
        })
    }

    fn finish_unverified(
        &self,
        key: &MasterKey,
        challenge: PasswordlessChallenge,
        answer: &[u8],
        credential: &Credential,
        owner: Option<&Owner>,
    ) -> Result<CredentialVerified, AuthenticationRefusal> {
        let answer = AuthenticationAnswer::read(answer)?;
        let expected = Expected {
            asked: CeremonyTerms {
                purpose: Purpose::Get,
                challenge: &challenge.text,
                origins: &self.settings.origins,
                top_origins: &self.settings.top_origins,
            },
            rp_id_hash: &self.id_hash,
            user_verification: false,
            handle: owner.map_or(&UserHandle::NOBODYS, |owner| &owner.handle),
        };
        client_data::check(&answer.client_data, expected.asked)?;
        AuthenticatorData::read(&answer.authenticator_data)?;
        if challenge.name == NOBODY && answer.user_handle.is_none() {
            return Err(refused("the authenticator does not say whose credential it is").into());
        }
        if owner.is_some_and(|owner| !challenge.is_for(key, &owner.folded_name)) {
            return Err(refused("another user was asked").into());
        }
        let proof = assertion::verify(&expected, &answer, credential)?;
        if owner.is_none() {
            return Err(refused("a decoy was answered for").into());
        }
        Ok(proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn answer_to(challenge: &str) -> Vec<u8> {
        let data = json!({ "type": "webauthn.get", "challenge": challenge, "origin": "" });
        let id = encode(&[7; 16]);
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": encode(data.to_string().as_bytes()),
                "authenticatorData": "AAAA", "signature": "AAAA",
            },
        });
        answer.to_string().into_bytes()
    }

    #[test]
    fn a_challenge_is_known_again_at_its_browser_and_nowhere_else() {
        let key = MasterKey::generate(&SystemEntropy);
        let [here, elsewhere] = [(); 2].map(|()| Token::generate(&SystemEntropy));
        let sent = PasswordlessChallenge::issue(&key, &SystemEntropy, &here, Some("anna"), NOW);
        let answer = answer_to(&sent.text);
        let known = PasswordlessChallenge::of_answer(&key, &here, &answer).expect("known");
        assert_eq!((known.issued_at(), known.digest()), (NOW, sent.digest()));
        assert!(known.is_for(&key, "anna") && !known.is_for(&key, "ben"));
        assert!(PasswordlessChallenge::of_answer(&key, &elsewhere, &answer).is_none());
        let other_key = MasterKey::generate(&SystemEntropy);
        assert!(PasswordlessChallenge::of_answer(&other_key, &here, &answer).is_none());
        for foreign in ["", "AAAA", &encode(&[1; 65]), &sent.text[1..]] {
            let answer = answer_to(foreign);
            assert!(PasswordlessChallenge::of_answer(&key, &here, &answer).is_none());
        }
    }

    #[test]
    fn a_challenge_does_not_tell_whether_it_was_asked_for_a_name() {
        let key = MasterKey::generate(&SystemEntropy);
        let browser = Token::generate(&SystemEntropy);
        let lengths = [None, Some("anna"), Some("a much longer name")].map(|name| {
            let sent = PasswordlessChallenge::issue(&key, &SystemEntropy, &browser, name, NOW);
            sent.text.len()
        });
        assert_eq!(lengths, [87; 3]);
    }
}
