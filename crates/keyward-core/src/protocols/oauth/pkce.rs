//! Proof Key for Code Exchange, by S256 alone: a challenge in the clear protects from nobody who reads
//! the request (RFC 7636 §7.2, RFC 9700 §2.1.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{Parameters, Refusal};
use crate::secret::same;

/// A code challenge of method S256 (RFC 7636 §4.2): 43 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads the challenge of a request; `None` where it has none.
    ///
    /// # Errors
    /// `invalid_request` where it is none by S256.
    pub fn of(parameters: &Parameters) -> Result<Option<Self>, Refusal> {
        let method = parameters.get("code_challenge_method")?;
        let Some(challenge) = parameters.get("code_challenge")? else {
            return match method {
                None => Ok(None),
                Some(_) => Err(Refusal::parameter("code_challenge", "is missing")),
            };
        };
        // Left out, the method is `plain` (RFC 7636 §4.3).
        if method != Some("S256") {
            return Err(Refusal::parameter("code_challenge_method", "must be S256"));
        }
        let is_sound = URL_SAFE_NO_PAD
            .decode(challenge)
            .is_ok_and(|bytes| bytes.len() == 32);
        match is_sound {
            true => Ok(Some(Self(challenge.to_owned()))),
            false => Err(Refusal::parameter(
                "code_challenge",
                "is no SHA-256 in base64url",
            )),
        }
    }

    /// The challenge of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The 43 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a verifier is the one of this challenge (RFC 7636 §4.6).
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let is_sound = (43..=128).contains(&verifier.len())
            && verifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        is_sound && same(code_challenge(verifier).as_bytes(), self.0.as_bytes())
    }
}

/// The challenge of a code verifier by S256 (RFC 7636 §4.2).
pub fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn read(text: &str) -> Result<Option<CodeChallenge>, Refusal> {
        CodeChallenge::of(&Parameters::read(text.as_bytes()).expect("few"))
    }

    #[test]
    fn the_example_of_the_standard_is_met() {
        let text = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
        let challenge = read(&text).expect("sound").expect("there");
        assert!(challenge.is_met_by(VERIFIER));
        assert!(!challenge.is_met_by(&VERIFIER.replace('d', "e")));
        assert!(
            !challenge.is_met_by(CHALLENGE),
            "a challenge is no verifier"
        );
        assert!(!challenge.is_met_by(""));
    }

    #[test]
    fn a_challenge_in_the_clear_is_refused_and_none_is_none() {
        assert_eq!(read("a=b"), Ok(None));
        for text in [
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            "code_challenge=abc&code_challenge_method=S256".to_owned(),
            "code_challenge_method=S256".to_owned(),
            format!("code_challenge={CHALLENGE}=&code_challenge_method=S256"),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
