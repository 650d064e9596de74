//! `[trusted_browser]`

use std::time::Duration;

use super::form::{Form, Given};
use super::forms::{choice, cookie_name, days, duration_or_off, minutes, number, text};
use super::section::section;

section! {
    /// Browsers that people may let stand in for the second factor for a while. It is a convenience
    /// with a price: a stolen laptop has both. The console and every step-up ask for a device all
    /// the same.
    TrustedBrowser = "trusted_browser" {
        /// How long a browser is trusted after the second factor was proved there. Off by default.
        age "age": Option<Duration> = duration_or_off(minutes(1)..=days(365)).or("0");
        /// How many browsers of one user; a further one takes the place of the one that was used
        /// longest ago.
        max_per_user "max_per_user": usize = number(1..=100).or("2");
        /// What the cookie's name begins with. `__Host-` or `__Secure-` stands before it where
        /// browsers allow that.
        prefix "prefix": String = cookie_name().or("keyward-trusted-");
        /// The domain that browsers send the cookie to; our own host alone where it is not given.
        domain "domain": Option<String> = text(253).optional("our own host alone");
        /// The path below which browsers send the cookie. The sign-in needs it at
        /// `/sign-in/password`.
        path "path": String = cookie_path().or("/");
        /// Whether browsers send it with requests that another site begins.
        same_site "same_site": CookieSameSite = same_site().or("strict");
    }
}

/// The `SameSite` of a cookie (RFC 6265bis §5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSameSite {
    /// With requests of our own pages alone.
    Strict,
    /// With links from other sites too.
    Lax,
    /// Always; browsers want HTTPS for it.
    None,
}

fn same_site() -> Form<CookieSameSite> {
    choice(&[
        ("strict", CookieSameSite::Strict),
        ("lax", CookieSameSite::Lax),
        ("none", CookieSameSite::None),
    ])
}

fn cookie_path() -> Form<String> {
    Form::new("`/`, `/sign-in` or `/sign-in/password`", |given: &Given| {
        let path = given.text()?;
        if ["/", "/sign-in", "/sign-in/password"].contains(&path) {
            Ok(path.to_owned())
        } else {
            Err(
                "must be /, /sign-in or /sign-in/password: elsewhere it would never be sent \
                 to the sign-in"
                    .to_owned(),
            )
        }
    })
}
