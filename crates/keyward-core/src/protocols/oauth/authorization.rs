//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1), without the client and
//! the redirect URI, which are looked at first.

use std::time::Duration;

use super::{ClaimsRequest, CodeChallenge, OauthError, Parameters, Refusal};
use crate::domain::authentication_context::ContextClass;

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form
/// Post Response Mode §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In a form that the browser sends by itself.
    FormPost,
}

impl ResponseMode {
    /// The mode of a request; the usual one where it has none that is known, so that its refusal arrives.
    pub fn of(parameters: &Parameters) -> Self {
        match parameters.get("response_mode") {
            Ok(Some("form_post")) => Self::FormPost,
            Ok(_) | Err(_) => Self::Query,
        }
    }
}

/// What the user is to be asked (OpenID Connect Core 1.0 §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Nothing at all.
    pub none: bool,
    /// A fresh proof.
    pub sign_in: bool,
    /// Whether the client may have this.
    pub consent: bool,
    /// Which account.
    pub select_account: bool,
}

/// The context classes that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcrRequest {
    /// Those that are known here, the preferred one first.
    pub classes: Vec<ContextClass>,
    /// Whether one of them has to be reached.
    pub is_essential: bool,
}

/// An authorization request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The scopes, in their order.
    pub scopes: Vec<String>,
    /// What ties the answer to an ID token.
    pub nonce: Option<String>,
    /// What the code is bound to.
    pub challenge: Option<CodeChallenge>,
    /// What the user is to be asked.
    pub prompts: Prompts,
    /// How long ago they proved themselves at most.
    pub max_age: Option<Duration>,
    /// How well.
    pub acr: AcrRequest,
    /// Who is meant, where the client has an idea.
    pub login_hint: Option<String>,
    /// An ID token of who is meant.
    pub id_token_hint: Option<String>,
    /// Claims by name.
    pub claims: ClaimsRequest,
}

/// The longest `state`, `nonce` and `login_hint`, in bytes.
const LONGEST: usize = 2048;
/// The longest ID token that is shown as a hint, in bytes: it may name many groups.
const LONGEST_HINT: usize = 6 * 1024;
/// The most scopes and values of one list.
const MOST: usize = 64;

impl AuthorizationRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// What is sent to the redirect URI (RFC 6749 §4.1.2.1).
    pub fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        if parameters.get("request")?.is_some() {
            return Err(Refusal::new(
                OauthError::RequestNotSupported,
                "request objects are not taken: push the request instead (RFC 9126)",
            ));
        }
        if parameters.get("request_uri")?.is_some() {
            return Err(Refusal::new(
                OauthError::RequestUriNotSupported,
                "no address of a request object is fetched: push the request instead (RFC 9126)",
            ));
        }
        if parameters.get("registration")?.is_some() {
            return Err(Refusal::new(
                OauthError::RegistrationNotSupported,
                "clients are known beforehand: nothing about one is taken from a request",
            ));
        }
        match parameters.required("response_type")? {
            "code" => {}
            // RFC 9700 §2.1.2: tokens in the answer of a browser leak.
            _ => {
                return Err(Refusal::new(
                    OauthError::UnsupportedResponseType,
                    "the one response type is code",
                ));
            }
        }
        match parameters.get("response_mode")? {
            None | Some("query" | "form_post") => {}
            Some(_) => return Err(Refusal::parameter("response_mode", "is not known")),
        }
        bounded(parameters, "state", LONGEST)?;
        let claims = parameters.get("claims")?.map(ClaimsRequest::parse);
        let claims = claims.transpose()?.unwrap_or_default();
        let max_age = parameters.get("max_age")?.map(|text| {
            let seconds = text.parse::<u32>().ok();
            let seconds = seconds.ok_or_else(|| Refusal::parameter("max_age", "is no number"))?;
            Ok(Duration::from_secs(seconds.into()))
        });
        Ok(Self {
            scopes: words(parameters, "scope")?
                .into_iter()
                .map(str::to_owned)
                .collect(),
            nonce: bounded(parameters, "nonce", LONGEST)?,
            challenge: CodeChallenge::of(parameters)?,
            prompts: prompts(&words(parameters, "prompt")?)?,
            max_age: max_age.transpose()?,
            acr: acr(&words(parameters, "acr_values")?, &claims),
            login_hint: bounded(parameters, "login_hint", LONGEST)?,
            id_token_hint: bounded(parameters, "id_token_hint", LONGEST_HINT)?,
            claims,
        })
    }

    /// Whether OpenID Connect is asked for, and not OAuth alone.
    pub fn is_openid(&self) -> bool {
        self.scopes.iter().any(|scope| scope == "openid")
    }
}

fn bounded(
    parameters: &Parameters,
    name: &'static str,
    longest: usize,
) -> Result<Option<String>, Refusal> {
    match parameters.get(name)? {
        Some(value) if value.len() > longest => Err(Refusal::parameter(name, "is too long")),
        value => Ok(value.map(str::to_owned)),
    }
}

fn words<'a>(parameters: &'a Parameters, name: &'static str) -> Result<Vec<&'a str>, Refusal> {
    let text = parameters.get(name)?.unwrap_or_default();
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if words.len() >= MOST {
            return Err(Refusal::parameter(name, "has too many values"));
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words)
}

fn prompts(words: &[&str]) -> Result<Prompts, Refusal> {
    let mut prompts = Prompts::default();
    for word in words {
        match *word {
            "none" => prompts.none = true,
            "login" => prompts.sign_in = true,
            "consent" => prompts.consent = true,
            "select_account" => prompts.select_account = true,
            _ => {
                return Err(Refusal::parameter(
                    "prompt",
                    "has a value that is not known",
                ));
            }
        }
    }
    match prompts.none && words.len() > 1 {
        true => Err(Refusal::parameter("prompt", "none stands alone")),
        false => Ok(prompts),
    }
}

/// What `claims` asks for stands before `acr_values`, which is never essential (§5.5.1.1).
fn acr(words: &[&str], claims: &ClaimsRequest) -> AcrRequest {
    if let Some((classes, is_essential)) = &claims.acr
        && (*is_essential || words.is_empty())
    {
        return AcrRequest {
            classes: classes.clone(),
            is_essential: *is_essential,
        };
    }
    AcrRequest {
        classes: words
            .iter()
            .filter_map(|word| ContextClass::parse(word))
            .collect(),
        is_essential: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AuthorizationRequest, Refusal> {
        let text = format!("response_type=code&{text}");
        AuthorizationRequest::read(&Parameters::read(text.as_bytes()).expect("few"))
    }

    fn error(text: &str) -> OauthError {
        read(text).expect_err(text).error
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let asked = read(
            "scope=openid+email&nonce=n&prompt=login+consent&max_age=0&acr_values=phrh+gold+aal2",
        )
        .expect("sound");
        assert!(asked.is_openid() && asked.prompts.sign_in && asked.prompts.consent);
        assert_eq!(asked.max_age, Some(Duration::ZERO));
        assert_eq!(
            asked.acr.classes,
            [ContextClass::HardwareProtected, ContextClass::Aal2]
        );
        assert!(!asked.acr.is_essential);
        let essential = "acr_values=aal1&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22phr%22%7D%7D%7D";
        let asked = read(essential).expect("sound");
        assert_eq!(asked.acr.classes, [ContextClass::PhishingResistant]);
        assert!(asked.acr.is_essential);
    }

    #[test]
    fn what_is_not_offered_or_cannot_be_read_is_refused_in_the_standards_words() {
        for (text, expected) in [
            ("request=a.b.c", OauthError::RequestNotSupported),
            (
                "request_uri=http%3A%2F%2F10.0.0.1%2F",
                OauthError::RequestUriNotSupported,
            ),
            ("registration=%7B%7D", OauthError::RegistrationNotSupported),
            ("response_mode=fragment", OauthError::InvalidRequest),
            ("prompt=none+login", OauthError::InvalidRequest),
            ("prompt=create", OauthError::InvalidRequest),
            ("max_age=-1", OauthError::InvalidRequest),
            ("max_age=9999999999999", OauthError::InvalidRequest),
            ("state=a&state=b", OauthError::InvalidRequest),
            ("response_type=token", OauthError::InvalidRequest),
            ("claims=%7B", OauthError::InvalidRequest),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        for kind in ["token", "id_token", "code+id_token", "none"] {
            let parameters = Parameters::read(format!("response_type={kind}").as_bytes());
            let refused = AuthorizationRequest::read(&parameters.expect("few"));
            let refused = refused.expect_err(kind).error;
            assert_eq!(refused, OauthError::UnsupportedResponseType, "{kind}");
        }
    }
}
