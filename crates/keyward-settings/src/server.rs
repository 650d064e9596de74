//! `[server]`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::form::Form;
use super::forms::{choice, duration, minutes, number, origin, path, socket};
use super::section::section;

section! {
    /// Where the server listens, and the address under which people reach it.
    Server = "server" {
        /// The address to listen on.
        listen "listen": SocketAddr = socket().or("127.0.0.1:8080");
        /// The origin under which browsers reach the server. Every link is built from it, and
        /// passkeys are bound to it. It begins with `https://`; `http://` is possible for
        /// `localhost` alone, because browsers refuse passkeys elsewhere.
        public_url "public_url": Url = origin().or("http://localhost:8080");
        /// Where, over plain HTTP, people are led to `public_url` (308) when they leave the `https`
        /// out: `0.0.0.0:80`.
        redirect_from "redirect_from": Option<SocketAddr> = socket().optional("nowhere");
        /// How many reverse proxies stand in front. The client's address is the entry that the
        /// outermost of them wrote into the header of `proxy_header`; with 0 it is ignored.
        trusted_proxies "trusted_proxies": usize = number(0..=16).or("0");
        /// The header in which the proxies write what they saw. The other one is what the client
        /// makes of it, and is not read.
        proxy_header "proxy_header": ProxyHeader = proxy_header().or("x-forwarded-for");
        /// How many connections there can be at once, and fewer where the system allows too few open
        /// files. A client that comes then waits until one ends.
        connections "connections": usize = number(16..=1_000_000).or("2048");
        /// How many of them one address can have (an IPv6 /64), and how many requests under way.
        /// Behind proxies connections are theirs, and only requests are counted.
        connections_per_address "connections_per_address": usize = number(4..=1_000_000).or("256");
        /// How long a request may take to arrive with its body, and an answer until it is taken and
        /// the next request is there (a second more for each 16 KiB of it).
        body_timeout "body_timeout": Duration = arriving().or("30s");
        /// Threads that answer requests.
        workers "workers": Option<usize> = number(1..=1024).optional("one per processor");
        /// The certificate chain as PEM, the server's own first. Given with `tls.key`, the server
        /// speaks HTTPS itself. Both are read again when the files change.
        tls_certificate "tls.certificate": Option<PathBuf> = path().optional("no TLS");
        /// The certificate's private key as PEM.
        tls_key "tls.key": Option<PathBuf> = path().optional("no TLS");
        /// The certificates, as PEM, of authorities whose certificates OpenID clients may prove themselves by
        /// (`tls_client_auth`). Given with `tls.certificate`, every client is asked for a certificate and none
        /// has to show one; browsers that have one of these authorities may ask their user. Read at the start.
        tls_client_ca "tls.client_ca": Option<PathBuf> = path().optional("nobody is asked");
        /// How long requests in flight may take when the server is asked to stop.
        shutdown "shutdown": Duration = stopping().or("10s");
    }
}

fn arriving() -> Form<Duration> {
    duration(Duration::from_secs(1)..=minutes(10))
}

/// The header in which proxies tell the address that they saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

fn proxy_header() -> Form<ProxyHeader> {
    choice(&[
        ("x-forwarded-for", ProxyHeader::XForwardedFor),
        ("forwarded", ProxyHeader::Forwarded),
    ])
}

fn stopping() -> Form<Duration> {
    duration(Duration::from_secs(1)..=minutes(10))
}

/// The two files that make the server speak HTTPS.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Whose certificates clients may show; `None` where none is asked for.
    pub client_ca: Option<PathBuf>,
}

impl Server {
    /// The files for HTTPS, if the server speaks it itself.
    pub fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_certificate.clone()?,
            key: self.tls_key.clone()?,
            client_ca: self.tls_client_ca.clone(),
        })
    }

    /// Whether clients are asked for certificates: where TLS ends here, and an authority is named.
    pub fn asks_for_certificates(&self) -> bool {
        self.tls().is_some_and(|files| files.client_ca.is_some())
    }

    /// Whether browsers come by HTTPS, here or at a proxy.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The origin of `public_url` as browsers write it in the `Origin` header (RFC 6454 §6.2).
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
}
