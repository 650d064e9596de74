//! What a request shows of who sends it: a browser or a program, with cookies and tokens.

use actix_web::http::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, UPGRADE,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use keyward_core::domain::api_token::ApiTokenSecret;
use keyward_settings::CookieNames;

/// How many cookies of one name are looked at: a neighbouring host can add some.
const MOST_COOKIES: usize = 4;

/// The API token that a program shows: as a Bearer token (RFC 6750 §2.1) or, where a program knows
/// nothing else, as the password of Basic (RFC 7617 §2), under whatever name. What has not the form of
/// one is meant for the application.
pub(super) fn token_in(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let mut lines = headers.get_all(AUTHORIZATION);
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let (scheme, rest) = line.to_str().ok()?.split_once(' ')?;
    let token = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Zeroizing::new(rest.trim().to_owned()),
        "basic" => {
            let pair = Zeroizing::new(STANDARD.decode(rest.trim()).ok()?);
            let pair = std::str::from_utf8(&pair).ok()?;
            Zeroizing::new(pair.split_once(':')?.1.to_owned())
        }
        _ => return None,
    };
    ApiTokenSecret::parse(&token)?;
    Some(token)
}

/// Programs ask for data, from within a page or without one, or for a connection (RFC 6455 §4.1).
pub(super) fn is_browser(headers: &HeaderMap, method: &str) -> bool {
    let says = |name: HeaderName, what: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(what))
    };
    let fetch_mode = headers.get("sec-fetch-mode");
    let shows_token = token_in(headers).is_some();
    let navigates = fetch_mode.is_none_or(|mode| mode.as_bytes() == b"navigate");
    says(ACCEPT, "text/html")
        && navigates
        && !shows_token
        && method != "OPTIONS"
        && !says(
            HeaderName::from_static("x-requested-with"),
            "xmlhttprequest",
        )
        && !says(UPGRADE, "websocket")
}

/// Our cookies of a request, without what makes the others readable: most are other people's.
pub(super) struct Cookies<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Cookies<'a> {
    pub(super) fn of(headers: &'a HeaderMap, names: &CookieNames) -> Self {
        let ours = [
            names.session.as_str(),
            &names.application,
            &names.applications,
            &names.hand_over,
        ];
        // A pair by itself: a neighbour's cookie may hold what is no text, and hides none of ours.
        let lines = headers.get_all(COOKIE).map(HeaderValue::as_bytes);
        let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';'));
        let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok());
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        Self(pairs.filter(|(name, _)| ours.contains(name)).collect())
    }

    pub(super) fn named<'b>(
        &'b self,
        name: &'b str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
        let named = self.0.iter().filter(move |(given, _)| *given == name);
        named.map(|(_, value)| *value).take(MOST_COOKIES)
    }
}
