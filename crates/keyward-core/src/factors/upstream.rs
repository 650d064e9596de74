//! Sign-in at another OpenID provider: what its ID token proves (OpenID Connect Core 1.0 §3.1.3.7).
//!
//! A token is believed about who somebody is there, and about nothing else but when and by what they
//! signed in. Who that is here, a link says.

use std::fmt;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::upstream::{UpstreamIdentity, UpstreamLink, UpstreamProvider, UpstreamSession};
use crate::domain::user::UserId;
use crate::problem::{Problem, codes};
use crate::protocols::jose::{self, Algorithm, Expectation, JwkSet, Refusal, Verified};
use crate::protocols::relying_party::TokenAnswer;

/// How far a provider's clock and ours may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// How long ago a token may have been issued: it comes straight from the provider.
const LONGEST_AGE: Duration = Duration::from_mins(10);
/// The longest `sub`, `oid` and `sid`, in bytes (OpenID Connect Core 1.0 §2).
const LONGEST_ID: usize = 255;
/// The longest text that people are told of somebody, in characters.
const LONGEST_TEXT: usize = 254;

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamRefusal {
    /// It is no token of this provider for us.
    Token(TokenFault),
    /// Its user is of another tenant.
    Tenant,
    /// Its user is a guest of the tenant.
    Guest,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It was issued by another provider, or for another tenant.
    Issuer,
    /// It was issued for another client.
    Audience,
    /// Nobody whose keys are known signed it by an algorithm that is taken.
    Signature,
    /// Its time is over, it does not count yet, or it was issued too long ago.
    Time,
    /// It answers another question.
    Nonce,
    /// It is not about the access token that came with it.
    AccessToken,
    /// It says too little, or cannot be read.
    Claims,
}

impl TokenFault {
    /// What it is, for the log and the trail.
    pub fn words(self) -> &'static str {
        match self {
            Self::Issuer => "somebody else issued it",
            Self::Audience => "it is for another client",
            Self::Signature => {
                "none of the provider's keys signed it by an algorithm that is taken"
            }
            Self::Time => "its time is over, or has not come",
            Self::Nonce => "it answers another question",
            Self::AccessToken => "it is not about the access token that came with it",
            Self::Claims => "its claims cannot be read, or are too few",
        }
    }
}

impl From<Refusal> for TokenFault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Issuer => Self::Issuer,
            Refusal::Audience => Self::Audience,
            Refusal::Expired | Refusal::NotYet => Self::Time,
            Refusal::Algorithm
            | Refusal::UnknownKey
            | Refusal::AmbiguousKey
            | Refusal::Signature => Self::Signature,
            Refusal::TooLong
            | Refusal::Malformed
            | Refusal::Critical
            | Refusal::Type
            | Refusal::Claims => Self::Claims,
        }
    }
}

impl fmt::Display for UpstreamRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(fault) => fault.words(),
            Self::Tenant => "its user is of another tenant",
            Self::Guest => "its user is a guest of the tenant",
        })
    }
}

impl From<UpstreamRefusal> for Problem {
    fn from(refusal: UpstreamRefusal) -> Self {
        let code = match refusal {
            UpstreamRefusal::Token(_) => codes::UPSTREAM_TOKEN,
            UpstreamRefusal::Tenant => codes::UPSTREAM_TENANT,
            UpstreamRefusal::Guest => codes::UPSTREAM_GUEST,
        };
        Problem::new(code).detailed(refusal.to_string())
    }
}

/// Somebody signed in at a provider a moment ago, or was signed in there. Made by [`verify`] alone; it
/// opens nothing before a link says who that is.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct IdentityVerified {
    identity: UpstreamIdentity,
    sub: String,
    sid: Option<String>,
    authenticated_at: Option<Timestamp>,
    second_factor_at: Option<Timestamp>,
    tenant: String,
    groups: Vec<String>,
    names: Names,
}

/// What a provider calls somebody. Nobody is found by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The name that they sign in by there.
    pub user_name: Option<String>,
    /// What they are called.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
}

/// Whether a key that signed a token may have come since the keys were fetched.
pub fn needs_other_keys(keys: &JwkSet, token: &str) -> bool {
    // Whatever else is wrong with it, a look at the keys is all that this decides.
    kid_of(token).is_some_and(|kid| !keys.knows(&kid))
}

fn kid_of(token: &str) -> Option<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next()?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let kid = header.get("kid")?.as_str()?;
    (kid.len() <= JwkSet::LONGEST_KID).then(|| kid.to_owned())
}

/// Verifies what a provider answered a code with. `nonce` is what was asked with.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(
    provider: &UpstreamProvider,
    keys: &JwkSet,
    answer: &TokenAnswer,
    nonce: &str,
    now: Timestamp,
) -> Result<IdentityVerified, UpstreamRefusal> {
    let fault = UpstreamRefusal::Token;
    let client = [provider.client_id.as_str()];
    let expected = expectation(&provider.issuer, &client, Expectation::PLAIN);
    let token = jose::verify(answer.id_token.expose_secret(), keys, &expected, now)
        .map_err(|refusal| fault(refusal.into()))?;
    if !is_for_us(&token, &provider.client_id) {
        return Err(fault(TokenFault::Audience));
    }
    let issued_at = token.issued_at.ok_or(fault(TokenFault::Claims))?;
    if now.since(issued_at) > LONGEST_AGE {
        return Err(fault(TokenFault::Time));
    }
    // Compared in constant time for no other reason than that it costs nothing.
    let told = token.text("nonce").unwrap_or_default();
    if !crate::secret::same(told.as_bytes(), nonce.as_bytes()) {
        return Err(fault(TokenFault::Nonce));
    }
    if !fits_access_token(&token, answer) {
        return Err(fault(TokenFault::AccessToken));
    }
    let sub = id_of(token.subject.as_deref()).ok_or(fault(TokenFault::Claims))?;
    let subject = match &provider.tenant {
        Some(tenant) => member_of(&token, tenant, provider.admits_guests)?,
        None => sub.clone(),
    };
    let authenticated_at = token
        .moment("auth_time")
        .filter(|at| at.since(now) <= LEEWAY)
        .map(|at| at.min(now));
    let recent = authenticated_at.filter(|at| now.since(*at) <= provider.max_age);
    let has_second_factor = texts(&token, "amr").any(|method| method == "mfa");
    Ok(IdentityVerified {
        identity: UpstreamIdentity {
            issuer: provider.issuer.clone(),
            subject,
        },
        sub,
        sid: id_of(token.text("sid")),
        authenticated_at,
        second_factor_at: recent.filter(|_| has_second_factor),
        tenant: token.text("tid").unwrap_or(&provider.issuer).to_owned(),
        groups: texts(&token, "groups").map(str::to_owned).collect(),
        names: Names {
            user_name: told_text(&token, "preferred_username"),
            display_name: told_text(&token, "name"),
            email: told_text(&token, "email"),
        },
    })
}

fn expectation<'a>(
    issuer: &'a str,
    audiences: &'a [&'a str],
    types: &'a [Option<&'a str>],
) -> Expectation<'a> {
    Expectation {
        issuer,
        audiences,
        // `none` and keyed hashes are not among them (RFC 8725 §3.2).
        algorithms: Algorithm::ALL,
        types,
        leeway: LEEWAY,
        even_expired: false,
    }
}

/// Of a token for several, `azp` must say that we asked for it (§3.1.3.7, 4 and 5).
fn is_for_us(token: &Verified, client_id: &str) -> bool {
    match token.claim("azp") {
        Some(azp) => azp.as_str() == Some(client_id),
        None => token.audience.len() == 1,
    }
}

/// Where it says so, the access token is the one that it came with (§3.1.3.8).
fn fits_access_token(token: &Verified, answer: &TokenAnswer) -> bool {
    match (token.claim("at_hash"), &answer.access_token) {
        (None, _) => true,
        (Some(told), Some(access)) => {
            let half = token.algorithm.half_hash(access.expose_secret());
            told.as_str() == Some(half.as_str())
        }
        (Some(_), None) => false,
    }
}

/// The `oid` of a member of one tenant of Entra. `sub` is another for each application there.
fn member_of(
    token: &Verified,
    tenant: &str,
    admits_guests: bool,
) -> Result<String, UpstreamRefusal> {
    let is_of = token
        .text("tid")
        .is_some_and(|tid| tid.eq_ignore_ascii_case(tenant));
    if !is_of {
        return Err(UpstreamRefusal::Tenant);
    }
    if !admits_guests && is_guest(token, tenant) {
        return Err(UpstreamRefusal::Guest);
    }
    id_of(token.text("oid")).ok_or(UpstreamRefusal::Token(TokenFault::Claims))
}

/// Whether somebody is a guest: they are if anything says so. `acct` is 1 for guests, and told only where
/// the application asks for it; `idp` is told of those who sign in somewhere else; guests' names have
/// `#EXT#` in them.
fn is_guest(token: &Verified, tenant: &str) -> bool {
    let is_marked = token.claim("acct").is_some_and(|acct| match acct {
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => text != "0",
        _ => true,
    });
    let own = format!("/{}/", tenant.to_ascii_lowercase());
    let is_elsewhere = token.claim("idp").is_some_and(|idp| {
        let idp = idp.as_str().unwrap_or_default().to_ascii_lowercase();
        let host = [
            "https://sts.windows.net",
            "https://login.microsoftonline.com",
        ];
        !host
            .iter()
            .any(|host| idp.starts_with(&format!("{host}{own}")))
    });
    let is_called_so = ["preferred_username", "upn", "unique_name"]
        .into_iter()
        .filter_map(|name| token.text(name))
        .any(|text| text.to_ascii_uppercase().contains("#EXT#"));
    is_marked || is_elsewhere || is_called_so
}

fn id_of(text: Option<&str>) -> Option<String> {
    let sound = |text: &&str| (1..=LONGEST_ID).contains(&text.len());
    text.filter(sound).map(str::to_owned)
}

fn texts<'a>(token: &'a Verified, claim: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let all = token.claim(claim).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str)
}

/// A text that is shown to people: on one line, and short.
fn told_text(token: &Verified, claim: &str) -> Option<String> {
    let text = token.text(claim)?.trim();
    let sound = !text.is_empty()
        && text.chars().count() <= LONGEST_TEXT
        && !text.chars().any(char::is_control);
    sound.then(|| text.to_owned())
}

impl IdentityVerified {
    /// Who it is, at the provider.
    pub fn identity(&self) -> &UpstreamIdentity {
        &self.identity
    }

    /// What they are called there.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The tenant that they are of, or the issuer where there are none.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Whether they are of one of these groups there.
    pub fn is_of_any(&self, groups: &[String]) -> bool {
        self.groups.iter().any(|group| groups.contains(group))
    }

    /// The proof of a user, where the link says that this is them.
    pub fn of(self, link: &UpstreamLink) -> Option<UpstreamVerified> {
        (link.identity == self.identity).then_some(UpstreamVerified {
            user_id: link.user_id,
            session: UpstreamSession {
                link: link.id,
                sub: self.sub,
                sid: self.sid,
            },
            authenticated_at: self.authenticated_at,
            second_factor_at: self.second_factor_at,
        })
    }
}

/// A user signed in at a provider, by a link of theirs.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct UpstreamVerified {
    user_id: UserId,
    session: UpstreamSession,
    authenticated_at: Option<Timestamp>,
    second_factor_at: Option<Timestamp>,
}

impl UpstreamVerified {
    /// Whose proof it is.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The session there.
    pub fn session(&self) -> &UpstreamSession {
        &self.session
    }

    /// When they last proved themselves there; `None` where the provider does not tell.
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.authenticated_at
    }

    /// When they proved more than one factor there, where that was lately enough.
    pub fn second_factor_at(&self) -> Option<Timestamp> {
        self.second_factor_at
    }

    /// Whether they proved themselves there since a moment, as far as clocks agree.
    pub fn is_since(&self, moment: Timestamp) -> bool {
        self.authenticated_at
            .is_some_and(|at| moment.since(at) <= LEEWAY)
    }
}

/// What a provider ended (OpenID Connect Back-Channel Logout 1.0 §2.4).
#[must_use = "sessions end by it"]
#[derive(Debug)]
pub struct SignOutVerified {
    /// Its own name.
    pub id: String,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// The session there.
    pub sid: Option<String>,
    /// Whose sessions.
    pub sub: Option<String>,
}

const SIGN_OUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Verifies a token that ends sessions (§2.6).
///
/// # Errors
/// What is wrong with it.
pub fn verify_sign_out(
    provider: &UpstreamProvider,
    keys: &JwkSet,
    token: &str,
    now: Timestamp,
) -> Result<SignOutVerified, TokenFault> {
    // An ID token is none, though it has the same issuer and audience: it has no such event, and a nonce.
    let types = [None, Some("JWT"), Some("logout+jwt")];
    let client = [provider.client_id.as_str()];
    let expected = expectation(&provider.issuer, &client, &types);
    let token = jose::verify(token, keys, &expected, now)?;
    let issued_at = token.issued_at.ok_or(TokenFault::Claims)?;
    if now.since(issued_at) > LONGEST_AGE {
        return Err(TokenFault::Time);
    }
    let event = token
        .claim("events")
        .and_then(|events| events.get(SIGN_OUT_EVENT));
    let is_event = event.is_some_and(Value::is_object);
    let sid = id_of(token.text("sid"));
    let sub = id_of(token.subject.as_deref());
    if !is_event || token.claim("nonce").is_some() || sid.is_none() && sub.is_none() {
        return Err(TokenFault::Claims);
    }
    Ok(SignOutVerified {
        id: id_of(token.id.as_deref()).ok_or(TokenFault::Claims)?,
        expires_at: token.expires_at,
        sid,
        sub,
    })
}
