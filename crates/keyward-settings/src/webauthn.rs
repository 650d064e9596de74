//! `[webauthn]`

use std::time::Duration;
use url::{Host, Url};

use super::form::{Form, Given};
use super::forms::{algorithms, choice, duration, list, minutes, origin, text, truth};
use super::section::section;
use super::server::Server;
use super::source::Wrong;
use keyward_core::factors::webauthn::{AttestationConveyance, UserVerification, is_android_app};
use keyward_core::protocols::webauthn::algorithm::Algorithm;

section! {
    /// Passkeys and security keys (WebAuthn).
    Webauthn = "webauthn" {
        /// The domain that credentials belong to: the host of `server.public_url` or a domain
        /// above it. Credentials work under one relying party id alone; changing it makes all
        /// that are registered useless.
        rp_id "rp_id": Option<String> = text(253).optional("host of `server.public_url`");
        /// The name that browsers show beside the request.
        rp_name "rp_name": String = text(64).or("Keyward");
        /// Further origins that may use the same credentials; published at
        /// `/.well-known/webauthn`.
        related_origins "related_origins": Vec<Url> = list(origin(), "a list of origins").or("[]");
        /// Android apps that may use the same credentials, each as Android names it:
        /// `android:apk-key-hash:` and the base64url of the SHA-256 of its signing certificate.
        android_apps "android_apps": Vec<String> = list(android_app(), "a list of apps").or("[]");
        /// Sites that may show pages of ours in a frame, and have passkeys and security keys used
        /// there. Our pages then allow them to (`frame-ancestors`), but for the console and the
        /// set-up; without any, no site is allowed to. Cookies of sessions are `SameSite=Lax`: in a
        /// frame of a site under another registrable domain than ours, browsers do not send them,
        /// and no user signs in there. Such a site counts for ceremonies alone that pages of
        /// `related_origins` run. A site in this list can lay things over our pages: name none
        /// that is not yours.
        top_origins "top_origins": Vec<Url> = list(origin(), "a list of origins").or("[]");
        /// The algorithms that new passkeys and security keys may have, best first: `ES256`,
        /// `EdDSA` (Ed25519), `ES384`, `ES512`, `PS256`, `PS384`, `PS512`, `RS256`, `RS384`,
        /// `RS512`, `RS1`. Those that are registered go on working whatever stands here. `RS1` signs
        /// with SHA-1, which is broken; it is for old TPMs that have nothing else.
        algorithms "algorithms": Vec<Algorithm> = algorithms(&Algorithm::ALL, Algorithm::name).or("[\"ES256\", \"EdDSA\", \"ES384\", \"RS256\"]");
        /// Whether an authenticator must check its user by PIN or body.
        user_verification "user_verification": UserVerification = verification().or("preferred");
        /// What an authenticator says about its make at registration. Anything but `none` makes
        /// browsers ask their user once more.
        attestation "attestation": AttestationConveyance = attestation().or("none");
        /// Asks security keys not to keep the credential in one of their slots, of which they have
        /// few. Such a key signs in after the user name was typed, never without it. Passkeys of
        /// devices and password managers are not concerned.
        save_key_slots "save_key_slots": bool = truth().or("false");
        /// How long browsers wait for the person.
        timeout "timeout": Duration = duration(Duration::from_secs(15)..=minutes(60)).or("5m");
    }
}

fn android_app() -> Form<String> {
    Form::new("an app as Android names it", |given: &Given| {
        let name = given.text()?.trim();
        match is_android_app(name) {
            true => Ok(name.to_owned()),
            false => Err(format!(
                "\"{name}\" is not android:apk-key-hash: and the base64url of a SHA-256"
            )),
        }
    })
}

fn verification() -> Form<UserVerification> {
    choice(&[
        ("required", UserVerification::Required),
        ("preferred", UserVerification::Preferred),
        ("discouraged", UserVerification::Discouraged),
    ])
}

fn attestation() -> Form<AttestationConveyance> {
    choice(&[
        ("none", AttestationConveyance::None),
        ("indirect", AttestationConveyance::Indirect),
        ("direct", AttestationConveyance::Direct),
        ("enterprise", AttestationConveyance::Enterprise),
    ])
}

impl Webauthn {
    /// The sites that may show our pages in a frame, as browsers write them.
    pub fn top_origins(&self) -> Vec<String> {
        let origins = self.top_origins.iter();
        origins
            .map(|url| url.origin().ascii_serialization())
            .collect()
    }
}

/// Who we are to authenticators (WebAuthn L3 §4, "Relying Party").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain that credentials are bound to.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The origins that answers may come from, our own first, as browsers write them.
    pub origins: Vec<String>,
}

impl RelyingParty {
    pub(super) fn new(webauthn: &Webauthn, server: &Server) -> Result<Self, Wrong> {
        let Some(Host::Domain(host)) = server.public_url.host() else {
            return Err(Wrong::new("server.public_url", "must name its host"));
        };
        let id = match &webauthn.rp_id {
            Some(id) => own_domain(id, host).map_err(|why| Wrong::new("webauthn.rp_id", why))?,
            None => host.to_owned(),
        };
        let related = webauthn.related_origins.iter();
        let related = related.map(|url| url.origin().ascii_serialization());
        Ok(Self {
            id,
            name: webauthn.rp_name.clone(),
            origins: std::iter::once(server.origin())
                .chain(related)
                .chain(webauthn.android_apps.iter().cloned())
                .collect(),
        })
    }
}

/// Checks that `id` is `host` or a domain above it, which is what browsers demand
/// (WebAuthn L3 §5.1.3 step 8).
fn own_domain(id: &str, host: &str) -> Result<String, String> {
    let id = id.to_lowercase();
    match Host::parse(&id) {
        Ok(Host::Domain(parsed)) if parsed == id => {}
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => {
            return Err("must be a domain: browsers refuse IP addresses".to_owned());
        }
        _ => return Err(format!("\"{id}\" is not a domain such as example.com")),
    }
    let is_above = host
        .strip_suffix(&id)
        .is_some_and(|rest| rest.ends_with('.') && id.contains('.'));
    if id != host && !is_above {
        return Err(format!(
            "\"{id}\" is neither the host of server.public_url ({host}) nor a domain above it"
        ));
    }
    Ok(id)
}
