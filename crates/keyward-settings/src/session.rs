//! `[session]`

use std::time::Duration;

use super::form::Form;
use super::forms::{cookie_name, days, duration, duration_or_off, minutes, number};
use super::section::section;
use super::server::Server;

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
            session: format!("{host}{base}"),
        }
    }
}

fn lasting() -> Form<Duration> {
    duration(minutes(1)..=days(365))
}

fn waiting() -> Form<Option<Duration>> {
    duration_or_off(Duration::from_secs(10)..=days(1))
}
