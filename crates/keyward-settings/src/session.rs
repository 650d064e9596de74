//! `[session]`

use std::time::Duration;

use super::form::{Form, Given};
use super::forms::{cookie_name, days, duration, duration_or_off, minutes, number};
use super::section::section;
use super::server::Server;
use super::source::Wrong;
use keyward_core::domain::application::RequestHost;

section! {
    /// How long a session holds.
    Session = "session" {
        /// A session ends after this long without a request.
        idle "idle": Duration = lasting().or("12h");
        /// A session ends after this long whatever happens.
        absolute "absolute": Duration = lasting().or("7d");
        /// How many sessions a person may have at once. One more ends the one that was not seen for
        /// longest.
        max_per_user "max_per_user": u32 = number(1..=1000).or("100");
        /// How long a fresh proof opens what is dangerous.
        step_up "step_up": Duration = duration(minutes(1)..=days(1)).or("10m");
        /// How long the second factor may take after the password.
        sign_in_timeout "sign_in_timeout": Option<Duration> = waiting().or("10m");
        /// The name of the cookie, and what those of notices and ceremonies begin with. Browsers
        /// send cookies to all ports of a host: two servers on one host need two names.
        cookie "cookie": Option<String> =
            cookie_name().optional("`keyward`, with the port of `server.public_url` where that is not the scheme's own");
        /// The domain under which applications are that share one cookie: with `example.org`, whoever
        /// signs in at `keys.example.org` is known at `wiki.example.org`. The cookie opens applications
        /// and nothing here. Without it, browsers are led to each host with a code that works once.
        cookie_domain "cookie_domain": Option<String> =
            cookie_domain().optional("each host of an application has a cookie of its own");
    }
}

/// What our cookies are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// The browser's session.
    pub session: String,
    /// What just happened, for the next page.
    pub notice: String,
    /// What binds a passwordless sign-in to its browser.
    pub ceremony: String,
    /// What a browser was sent to other OpenID providers for.
    pub upstream: String,
    /// A session at the applications under `session.cookie_domain`.
    pub applications: String,
    /// A session at one host of an application.
    pub application: String,
    /// What binds a code that leads to the host of an application to the browser that was there.
    pub hand_over: String,
    /// The application that a user was on their way to who had no device for it.
    pub on_the_way: String,
}

impl CookieNames {
    /// The names at this address.
    pub(super) fn of(server: &Server, chosen: Option<&str>) -> Self {
        let base = match (chosen, server.public_url.port()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(port)) => format!("keyward-{port}"),
            (None, None) => "keyward".to_owned(),
        };
        // A `__Host-` cookie cannot be set by a neighbouring subdomain (RFC 6265bis §4.1.3.2).
        let host = if server.is_https() { "__Host-" } else { "" };
        Self {
            notice: format!("{host}{base}-notice"),
            ceremony: format!("{host}{base}-ceremony"),
            upstream: format!("{host}{base}-upstream"),
            applications: match server.is_https() {
                // A cookie with a domain cannot be bound to a host.
                true => format!("__Secure-{base}-applications"),
                false => format!("{base}-applications"),
            },
            application: format!("{host}{base}-application"),
            hand_over: format!("{host}{base}-hand-over"),
            on_the_way: format!("{host}{base}-on-the-way"),
            session: format!("{host}{base}"),
        }
    }
}

/// A domain that cookies can be given, and whose hosts we are one of.
pub(super) fn check_cookie_domain(server: &Server, session: &Session) -> Result<(), Wrong> {
    let Some(domain) = &session.cookie_domain else {
        return Ok(());
    };
    let host = server.public_url.host_str().unwrap_or_default();
    let below = host.strip_suffix(domain.as_str());
    if below.is_some_and(|front| front.is_empty() || front.ends_with('.')) {
        return Ok(());
    }
    let why =
        format!("must be a domain that server.public_url is under: {host} is not under {domain}");
    Err(Wrong::new("session.cookie_domain", &why))
}

fn cookie_domain() -> Form<String> {
    Form::new("a domain such as `example.org`", |given: &Given| {
        let text = given.text()?;
        let domain = text.strip_prefix('.').unwrap_or(text);
        let host = RequestHost::parse(domain).filter(|host| host.authority() == host.name());
        let is_name = |host: &RequestHost| host.is_within(host.name());
        match host.filter(is_name) {
            // Browsers take no cookie for all of `org`.
            Some(host) if host.name().contains('.') || host.name() == "localhost" => {
                Ok(host.name().to_owned())
            }
            _ => Err("must be a domain such as example.org".to_owned()),
        }
    })
}

fn lasting() -> Form<Duration> {
    duration(minutes(1)..=days(365))
}

fn waiting() -> Form<Option<Duration>> {
    duration_or_off(Duration::from_secs(10)..=days(1))
}
