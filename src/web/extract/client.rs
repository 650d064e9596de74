//! From where a request comes: the address of the client, through the trusted proxies.
//!
//! Each proxy appends the address that it saw. With `trusted_proxies = n` the last `n` entries
//! were written by proxies that we trust, and the first of those is the client's; everything
//! before it is the client's own claim. Where the entry is missing or cannot be read, the address
//! of the connection counts, so that no header switches the limits off. The header is the one of
//! `server.proxy_header`; the other is passed on as the client sent it, and is never read.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::dev::Payload;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, USER_AGENT, X_FORWARDED_FOR};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::web::Site;
use keyward_actions::unread_proxy;
use keyward_core::domain::session::Client;
use keyward_settings::ProxyHeader;

/// How many proxies stand in front, and what they write; given to the application as its data.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustedProxies {
    /// How many.
    pub hops: usize,
    /// The header that each of them adds to.
    pub header: ProxyHeader,
}

/// Who sent a request, as a parameter of a handler.
#[derive(Debug)]
pub struct Caller(pub Client);

impl FromRequest for Caller {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(of(request))))
    }
}

/// The client of a request.
pub fn of(request: &HttpRequest) -> Client {
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    Client::new(address_of(request), agent.unwrap_or_default())
}

/// The address of a request's client.
pub fn address_of(request: &HttpRequest) -> IpAddr {
    let proxies = request.app_data::<TrustedProxies>();
    let proxies = proxies.copied().unwrap_or_default();
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let header = match proxies.header {
        ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
        ProxyHeader::Forwarded => FORWARDED,
    };
    if proxies.hops == 0
        && [X_FORWARDED_FOR, FORWARDED]
            .iter()
            .any(|written| request.headers().contains_key(written))
        && let Some(site) = request.app_data::<Data<Site>>()
    {
        unread_proxy::see(&site.app);
    }
    address(peer, proxies, joined(request.headers(), header).as_deref())
}

/// All lines of a header as one list (RFC 9110 §5.3). A line that is not text becomes an entry
/// that cannot be read, so that it is counted.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers
        .get_all(name)
        .map(|line| line.to_str().unwrap_or("unreadable"))
        .collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// The client's address, by what the proxies wrote.
pub fn address(peer: IpAddr, proxies: TrustedProxies, written: Option<&str>) -> IpAddr {
    let peer = peer.to_canonical();
    let TrustedProxies { hops, header } = proxies;
    let Some(written) = written.filter(|_| hops > 0) else {
        return peer;
    };
    let told = match header {
        ProxyHeader::XForwardedFor => {
            let entries: Vec<&str> = written.split(',').collect();
            entry(&entries, hops).and_then(|entry| node(entry.trim()))
        }
        ProxyHeader::Forwarded => elements(written).and_then(|elements| {
            let element = entry(&elements, hops)?.as_ref()?;
            node(element)
        }),
    };
    told.unwrap_or(peer)
}

/// The entry that the outermost trusted proxy wrote.
fn entry<T>(entries: &[T], hops: usize) -> Option<&T> {
    entries
        .len()
        .checked_sub(hops)
        .and_then(|at| entries.get(at))
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80` (RFC 7239 §6). Names and `unknown` are no addresses.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(bracketed)
        .map(|address| address.to_canonical())
}

/// The `for` of each element of a `Forwarded` header (RFC 7239 §4), `None` for an element
/// without one. The whole header is refused where any part of it is malformed: an open quotation
/// mark sent by the client would swallow what the proxies append.
fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.trim();
    let mut elements = Vec::new();
    let mut client: Option<String> = None;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        if name.trim().eq_ignore_ascii_case("for") && client.replace(value).is_some() {
            return None;
        }
        let after = after.trim_start();
        match after.chars().next() {
            Some(';') => {}
            Some(',') => elements.push(client.take()),
            None => {
                elements.push(client.take());
                return Some(elements);
            }
            Some(_) => return None,
        }
        rest = after[1..].trim_start();
    }
}

/// A token or a quoted string at the beginning, and what follows it. A backslash quotes nothing
/// that an address needs, and is refused.
fn value(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, after) = quoted.split_once('"')?;
        return (!value.contains('\\')).then(|| (value.to_owned(), after));
    }
    let end = text.find([';', ',', ' ', '\t']).unwrap_or(text.len());
    let (value, after) = text.split_at(end);
    let is_token = !value.is_empty() && !value.contains(['"', '=', '[', ']']);
    is_token.then(|| (value.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(hops: usize, header: ProxyHeader, written: &str) -> String {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let proxies = TrustedProxies { hops, header };
        address(peer, proxies, Some(written)).to_string()
    }

    fn by_list(hops: usize, written: &str) -> String {
        seen(hops, ProxyHeader::XForwardedFor, written)
    }

    fn by_standard(hops: usize, written: &str) -> String {
        seen(hops, ProxyHeader::Forwarded, written)
    }

    const PEER: &str = "10.0.0.1";

    #[test]
    fn the_entry_of_the_outermost_trusted_proxy_counts() {
        let cases = [
            (0, "192.0.2.1", PEER),
            (1, "192.0.2.1", "192.0.2.1"),
            (1, "192.0.2.1:4711", "192.0.2.1"),
            (1, "2001:db8::1", "2001:db8::1"),
            (1, "[2001:db8::1]", "2001:db8::1"),
            (1, "[2001:db8::1]:80", "2001:db8::1"),
            (1, "::ffff:192.0.2.1", "192.0.2.1"),
            (2, "192.0.2.1, 10.0.0.2", "192.0.2.1"),
            (2, "198.51.100.9,192.0.2.1 , 10.0.0.2", "192.0.2.1"),
        ];
        for (hops, header, expected) in cases {
            assert_eq!(by_list(hops, header), expected, "{header}");
        }
    }

    #[test]
    fn a_spoofed_forwarded_for_moves_nothing() {
        let cases = [
            (0, "198.51.100.9, 192.0.2.1", PEER),
            (1, "198.51.100.9, 192.0.2.1", "192.0.2.1"),
            (1, "198.51.100.9, evil, , 192.0.2.1", "192.0.2.1"),
            (2, "192.0.2.1", PEER),
            (1, "", PEER),
            (1, "192.0.2.1,", PEER),
            (1, "192.0.2.1, unknown", PEER),
            (1, "192.0.2.1.5", PEER),
            (1, "localhost", PEER),
            (1, "\"192.0.2.1\"", PEER),
            (usize::MAX, "192.0.2.1", PEER),
        ];
        for (hops, header, expected) in cases {
            assert_eq!(by_list(hops, header), expected, "{header}");
        }
    }

    #[test]
    fn the_standard_header_is_read_as_strictly() {
        let cases = [
            (1, "for=192.0.2.1", "192.0.2.1"),
            (
                1,
                "For=\"192.0.2.1:80\";proto=https;by=10.0.0.9",
                "192.0.2.1",
            ),
            (1, "proto=https; for=\"[2001:db8::1]:80\"", "2001:db8::1"),
            (2, "for=192.0.2.1, for=10.0.0.2;by=x", "192.0.2.1"),
            (1, "for=198.51.100.9, for=192.0.2.1", "192.0.2.1"),
            (1, "for=\"a, for=b\", for=192.0.2.1", "192.0.2.1"),
            (1, "for=unknown", PEER),
            (1, "for=_hidden", PEER),
            (1, "proto=https", PEER),
            (1, "for=192.0.2.1;for=192.0.2.2", PEER),
            (1, "for=198.51.100.9, for=\", for=192.0.2.1", PEER),
            (1, "for=198.51.100.9, for=\", for=\"[2001:db8::1]\"", PEER),
            (1, "for=\"198.51.100.9\\\", for=192.0.2.1", PEER),
            (1, "for", PEER),
            (1, "for=", PEER),
            (1, ",for=192.0.2.1", PEER),
            (2, "for=192.0.2.1", PEER),
            (0, "for=192.0.2.1", PEER),
        ];
        for (hops, header, expected) in cases {
            assert_eq!(by_standard(hops, header), expected, "{header}");
        }
    }

    #[test]
    fn several_lines_of_a_header_are_one_list() {
        let request = actix_web::test::TestRequest::get()
            .peer_addr(SocketAddr::from(([10, 0, 0, 1], 1)))
            .app_data(TrustedProxies {
                hops: 1,
                header: ProxyHeader::XForwardedFor,
            })
            .append_header(("x-forwarded-for", "198.51.100.9"))
            .append_header(("x-forwarded-for", "192.0.2.1"))
            .append_header(("user-agent", "browser"))
            .to_http_request();
        let client = of(&request);
        assert_eq!(client.address.to_string(), "192.0.2.1");
        assert_eq!(client.user_agent, "browser");
    }
}
