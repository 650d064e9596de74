//! How an application knows who is signed in: from its proxy, or by asking.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HeaderMap};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use crate::verified::{Class, Refused, Verified};

/// How long Keyward may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How an application knows who is signed in; given to it with `app_data`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keyward(Arc<Way>);

#[derive(Debug)]
enum Way {
    Proxies(Vec<IpNet>),
    Asking {
        check: Url,
        token: SecretString,
        client: reqwest::Client,
    },
}

impl Keyward {
    /// From the headers of `/forward-auth`, in requests that come from these networks alone: they are
    /// those of the proxies, and nobody else may reach the application from there.
    pub fn behind_proxies(trusted: impl IntoIterator<Item = IpNet>) -> Self {
        Self(Arc::new(Way::Proxies(trusted.into_iter().collect())))
    }

    /// By asking the server at this address about the cookies of each request, with an API token that
    /// has the scope `sessions:check`.
    #[allow(
        clippy::disallowed_methods,
        reason = "the address is the application's own setting, not one that somebody typed"
    )]
    pub fn asked_at(keyward: Url, token: SecretString) -> Self {
        let mut check = keyward;
        check.set_path("/api/v1/sessions/check");
        Self(Arc::new(Way::Asking {
            check,
            token,
            client: reqwest::Client::new(),
        }))
    }

    /// Who sent a request.
    ///
    /// # Errors
    /// [`Refused::Nobody`], [`Refused::Unreachable`]
    pub async fn who(&self, request: &HttpRequest) -> Result<Verified, Refused> {
        match &*self.0 {
            Way::Proxies(trusted) => {
                let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
                let is_proxy = |peer| trusted.iter().any(|network| network.contains(&peer));
                match peer.is_some_and(is_proxy) {
                    true => told_by(request.headers()).ok_or(Refused::Nobody),
                    false => Err(Refused::Nobody),
                }
            }
            Way::Asking {
                check,
                token,
                client,
            } => {
                let lines = request.headers().get_all(COOKIE);
                let cookies: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
                if cookies.is_empty() {
                    return Err(Refused::Nobody);
                }
                let asked = client
                    .post(check.clone())
                    .timeout(PATIENCE)
                    .bearer_auth(token.expose_secret())
                    .json(&serde_json::json!({ "cookie": cookies.join("; ") }))
                    .send()
                    .await
                    .and_then(reqwest::Response::error_for_status);
                let answer = asked.map_err(|_| Refused::Unreachable)?;
                let answer: Checked = answer.json().await.map_err(|_| Refused::Unreachable)?;
                answer.verified().ok_or(Refused::Nobody)
            }
        }
    }
}

/// The one line of a header: two of them are not the proxy's alone.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut lines = headers.get_all(name);
    let line = lines.next()?;
    match lines.next() {
        None => std::str::from_utf8(line.as_bytes()).ok(),
        Some(_) => None,
    }
}

fn told_by(headers: &HeaderMap) -> Option<Verified> {
    let list = |name| {
        let names = one(headers, name).unwrap_or_default().split(',');
        let names = names.map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let user = one(headers, "remote-user").filter(|user| !user.is_empty())?;
    let proved_at = one(headers, "remote-auth-time").filter(|at| !at.is_empty());
    Some(Verified {
        user: user.to_owned(),
        name: one(headers, "remote-name").unwrap_or(user).to_owned(),
        email: one(headers, "remote-email").unwrap_or_default().to_owned(),
        groups: list("remote-groups"),
        methods: list("remote-amr"),
        class: Class::parse(one(headers, "remote-acr")?)?,
        proved_at: proved_at
            .and_then(|at| at.parse().ok())
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()),
    })
}

/// What `/api/v1/sessions/check` answers.
#[derive(Deserialize)]
struct Checked {
    active: bool,
    user: Option<Who>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    amr: Vec<String>,
    acr: Option<String>,
    proved_at: Option<String>,
}

#[derive(Deserialize)]
struct Who {
    name: String,
    display_name: Option<String>,
    email: Option<String>,
}

impl Checked {
    fn verified(self) -> Option<Verified> {
        let who = self.user.filter(|_| self.active)?;
        let proved_at = self.proved_at.as_deref();
        Some(Verified {
            name: who.display_name.unwrap_or_else(|| who.name.clone()),
            user: who.name,
            email: who.email.unwrap_or_default(),
            groups: self.groups,
            methods: self.amr,
            class: Class::parse(&self.acr?)?,
            proved_at: proved_at.and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok()),
        })
    }
}

impl FromRequest for Verified {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // What stood before the handler has looked already.
        let found = request.extensions().get::<Self>().cloned();
        let keyward = request.app_data::<Keyward>().cloned();
        let request = request.clone();
        Box::pin(async move {
            match (found, keyward) {
                (Some(found), _) => Ok(found),
                (None, Some(keyward)) => keyward.who(&request).await,
                (None, None) => Err(Refused::NotSetUp),
            }
        })
    }
}
