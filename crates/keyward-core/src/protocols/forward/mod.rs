//! What proxies ask before they let a request pass, and how they want to be answered: one dialect a
//! file.
//!
//! A proxy tells of the request in headers, and a client can send headers of the same names. So each
//! dialect reads those alone that its proxy writes itself, each must be there once, and where the
//! dialect is not named, what could be either is refused.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod traefik;

/// A proxy's way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `auth_request` of nginx.
    Nginx,
    /// `forward_auth` of Caddy.
    Caddy,
    /// `ForwardAuth` of Traefik.
    Traefik,
    /// HAProxy, by the script of the documentation.
    Haproxy,
    /// `ext_authz` of Envoy, over HTTP.
    Envoy,
    /// Apache's HTTP server, by the script of the documentation.
    Apache,
}

/// The headers of what a proxy asks.
pub trait Headers {
    /// All lines of this name, which is written in small letters.
    fn lines<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]>;
}

/// The request that a proxy asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardedRequest<'a> {
    /// Its method.
    pub method: &'a str,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host, with the port where there is one.
    pub host: &'a str,
    /// The path and the query, as the client wrote them.
    pub target: &'a str,
}

/// How a user is led away who may not pass yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leading {
    /// By a redirect, which the proxy hands to the client.
    Redirect,
    /// By 401 with a `Location`, of which the proxy's own settings make a redirect: it takes no other
    /// status.
    Status401,
}

/// What a proxy says cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// This header is not there.
    Missing(&'static str),
    /// This header is there more than once, so the client sent one of them.
    Doubled(&'static str),
    /// This header is not what it should be.
    Malformed(&'static str),
    /// There are headers of two dialects, so the client sent those of one.
    TwoDialects,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 6] = [
        Self::Nginx,
        Self::Caddy,
        Self::Traefik,
        Self::Haproxy,
        Self::Envoy,
        Self::Apache,
    ];

    /// The name in its address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
            Self::Haproxy => "haproxy",
            Self::Envoy => "envoy",
            Self::Apache => "apache",
        }
    }

    /// The dialect of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
    }

    /// The dialect of a question that does not name it: by the header that only one kind of proxy
    /// writes.
    ///
    /// # Errors
    /// [`Unreadable`], also where there are both.
    pub fn of(headers: &impl Headers) -> Result<Self, Unreadable> {
        let has = |name| headers.lines(name).next().is_some();
        match (has(ORIGINAL_URL), has(FORWARDED_URI)) {
            (true, false) => Ok(Self::Nginx),
            (false, true) => Ok(Self::Traefik),
            (true, true) => Err(Unreadable::TwoDialects),
            (false, false) => Err(Unreadable::Missing(FORWARDED_URI)),
        }
    }

    /// Reads which request a proxy asks about. `own` is what it asks itself; Envoy sends the
    /// client's method, host and path so.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn read<'a>(
        self,
        headers: &'a impl Headers,
        own: ForwardedRequest<'a>,
    ) -> Result<ForwardedRequest<'a>, Unreadable> {
        match self {
            Self::Nginx => nginx::read(headers),
            Self::Caddy => caddy::read(headers),
            Self::Traefik => traefik::read(headers),
            Self::Haproxy => haproxy::read(headers),
            Self::Envoy => envoy::read(headers, own),
            Self::Apache => apache::read(headers),
        }
    }

    /// How a user is led away.
    pub fn leading(self) -> Leading {
        match self {
            Self::Nginx => nginx::LEADING,
            Self::Caddy => caddy::LEADING,
            Self::Traefik => traefik::LEADING,
            Self::Haproxy => haproxy::LEADING,
            Self::Envoy => envoy::LEADING,
            Self::Apache => apache::LEADING,
        }
    }
}

const ORIGINAL_URL: &str = "x-original-url";
const ORIGINAL_METHOD: &str = "x-original-method";
const FORWARDED_URI: &str = "x-forwarded-uri";
const FORWARDED_METHOD: &str = "x-forwarded-method";
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The one line of a header.
fn one<'a>(headers: &'a impl Headers, name: &'static str) -> Result<&'a str, Unreadable> {
    let mut lines = headers.lines(name);
    let line = lines.next().ok_or(Unreadable::Missing(name))?;
    if lines.next().is_some() {
        return Err(Unreadable::Doubled(name));
    }
    let text = std::str::from_utf8(line).map_err(|_| Unreadable::Malformed(name))?;
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Unreadable::Malformed(name));
    }
    Ok(text)
}

/// What `X-Original-URL` and `X-Original-Method` say.
fn original(headers: &impl Headers) -> Result<ForwardedRequest<'_>, Unreadable> {
    let method = one(headers, ORIGINAL_METHOD)?;
    let url = one(headers, ORIGINAL_URL)?;
    let malformed = Unreadable::Malformed(ORIGINAL_URL);
    let (scheme, rest) = url.split_once("://").ok_or(malformed)?;
    let scheme = http_scheme(scheme).ok_or(malformed)?;
    let path = rest.find('/').ok_or(malformed)?;
    let (host, target) = rest.split_at_checked(path).ok_or(malformed)?;
    checked(method, scheme, host, target).ok_or(malformed)
}

/// What `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` say.
fn forwarded(headers: &impl Headers) -> Result<ForwardedRequest<'_>, Unreadable> {
    let scheme = one(headers, FORWARDED_PROTO)?;
    let scheme = http_scheme(scheme).ok_or(Unreadable::Malformed(FORWARDED_PROTO))?;
    checked(
        one(headers, FORWARDED_METHOD)?,
        scheme,
        one(headers, FORWARDED_HOST)?,
        one(headers, FORWARDED_URI)?,
    )
    .ok_or(Unreadable::Malformed(FORWARDED_URI))
}

fn checked<'a>(
    method: &'a str,
    scheme: &'a str,
    host: &'a str,
    target: &'a str,
) -> Option<ForwardedRequest<'a>> {
    (target.starts_with('/') && !host.is_empty()).then_some(ForwardedRequest {
        method,
        scheme,
        host,
        target,
    })
}

/// The scheme of a page; WebSockets begin as one (RFC 6455 §4.1).
fn http_scheme(text: &str) -> Option<&'static str> {
    match text {
        "https" | "wss" => Some("https"),
        "http" | "ws" => Some("http"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lines<'a>(&'a [(&'a str, &'a str)]);

    impl Headers for Lines<'_> {
        fn lines<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
            let found: Vec<&'a [u8]> = self
                .0
                .iter()
                .filter(|(given, _)| *given == name)
                .map(|(_, value)| value.as_bytes())
                .collect();
            found.into_iter()
        }
    }

    const OWN: ForwardedRequest<'_> = ForwardedRequest {
        method: "POST",
        scheme: "http",
        host: "wiki.example.org",
        target: "/own?q",
    };
    const FORWARDED: [(&str, &str); 4] = [
        (FORWARDED_METHOD, "GET"),
        (FORWARDED_PROTO, "https"),
        (FORWARDED_HOST, "wiki.example.org"),
        (FORWARDED_URI, "/a/b?c=d"),
    ];
    const ORIGINAL: [(&str, &str); 2] = [
        (ORIGINAL_METHOD, "GET"),
        (ORIGINAL_URL, "https://wiki.example.org/a/b?c=d"),
    ];
    const MEANT: ForwardedRequest<'_> = ForwardedRequest {
        method: "GET",
        scheme: "https",
        host: "wiki.example.org",
        target: "/a/b?c=d",
    };

    #[test]
    fn each_dialect_reads_what_its_proxy_writes() {
        for dialect in Dialect::ALL {
            let read = match dialect {
                Dialect::Nginx | Dialect::Apache => dialect.read(&Lines(&ORIGINAL), OWN),
                Dialect::Caddy | Dialect::Traefik | Dialect::Haproxy => {
                    dialect.read(&Lines(&FORWARDED), OWN)
                }
                Dialect::Envoy => {
                    let read = dialect.read(&Lines(&[(FORWARDED_PROTO, "https")]), MEANT);
                    assert_eq!(read, Ok(MEANT));
                    continue;
                }
            };
            assert_eq!(read, Ok(MEANT), "{dialect:?}");
            assert_eq!(Dialect::parse(dialect.as_str()), Some(dialect));
        }
    }

    #[test]
    fn attack_headers_of_another_dialect_are_not_read() {
        let mut both = FORWARDED.to_vec();
        both.extend([
            (ORIGINAL_METHOD, "GET"),
            (ORIGINAL_URL, "https://public.example.org/"),
        ]);
        let both = Lines(&both);
        let read = |dialect: Dialect| dialect.read(&both, OWN).map(|asked| asked.host);
        assert_eq!(read(Dialect::Traefik), Ok("wiki.example.org"));
        assert_eq!(read(Dialect::Nginx), Ok("public.example.org"));
        assert_eq!(Dialect::of(&both), Err(Unreadable::TwoDialects));
    }

    #[test]
    fn attack_a_header_that_is_there_twice_is_believed_in_neither_form() {
        for header in FORWARDED {
            let mut lines = FORWARDED.to_vec();
            lines.push(header);
            let lines = Lines(&lines);
            let read = Dialect::Caddy.read(&lines, OWN);
            assert_eq!(read, Err(Unreadable::Doubled(header.0)));
        }
        for missing in 0..FORWARDED.len() {
            let mut lines = FORWARDED.to_vec();
            let (name, _) = lines.remove(missing);
            let lines = Lines(&lines);
            let read = Dialect::Caddy.read(&lines, OWN);
            assert_eq!(read, Err(Unreadable::Missing(name)));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "/a",
            "wiki.example.org/a",
            "ftp://wiki.example.org/a",
            "https:///a",
            "https://wiki.example.org",
            "HTTPS://wiki.example.org/",
            "https://wiki.example.org/\u{1}",
        ] {
            let lines = [(ORIGINAL_METHOD, "GET"), (ORIGINAL_URL, url)];
            assert!(Dialect::Nginx.read(&Lines(&lines), OWN).is_err(), "{url}");
        }
    }
}
