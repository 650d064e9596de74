//! HTTP to addresses that were typed. What answers there is a stranger's choice: a name can resolve
//! to this machine's surroundings, now or at the second look, and a redirect can lead there
//! (server-side request forgery). So every address is judged at the one place that nothing gets
//! past: between the resolver and the connection. Names are resolved once for each connection, and
//! what is connected to is what was judged.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, ClientBuilder, redirect};
use rustls::CertificateError;
use url::{Host, Url};

use keyward_core::domain::outgoing::{AuthorityCertificates, ConnectFailure, Reach};
use keyward_core::problem::{Problem, Result};

/// A client that connects to judged addresses alone. Cheap to share; connections are kept.
#[derive(Clone)]
pub(super) struct Outgoing {
    client: reqwest::Client,
    reach: Arc<Reach>,
}

/// A request on its way to an address that may be asked, or why it may not.
pub(super) type Asking = Result<reqwest::RequestBuilder, ConnectFailure>;

/// Whether redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redirects {
    /// They are given back as they are.
    Never,
    /// So many in a row.
    AtMost(usize),
}

/// Whether the proxy of the environment is asked, whose network then resolves the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proxies {
    /// Never.
    None,
    /// As the environment says.
    OfEnvironment,
}

impl Outgoing {
    /// A client.
    ///
    /// # Errors
    /// `internal` where TLS cannot be set up.
    pub fn new(redirects: Redirects, proxies: Proxies, patience: Duration) -> Result<Self> {
        let reach = Arc::new(Reach::BeyondSurroundings);
        Self::built(builder(redirects, proxies, &reach).timeout(patience), reach)
    }

    /// A client that gets no further than `reach`, follows no redirect, asks no proxy, and trusts these
    /// authorities besides those that browsers do.
    ///
    /// # Errors
    /// `internal` where TLS cannot be set up, as with certificates that cannot be read.
    pub fn within(
        reach: Reach,
        authorities: Option<&AuthorityCertificates>,
        patience: Duration,
    ) -> Result<Self> {
        let reach = Arc::new(reach);
        let builder = builder(Redirects::Never, Proxies::None, &reach).timeout(patience);
        let builder = match authorities {
            Some(authorities) => vouched(builder, authorities)?,
            None => builder,
        };
        Self::built(builder, reach)
    }

    fn built(builder: ClientBuilder, reach: Arc<Reach>) -> Result<Self> {
        let client = builder.build().map_err(Problem::internal)?;
        Ok(Self { client, reach })
    }

    /// A client that follows no redirect, asks no proxy, and trusts these authorities besides those
    /// that browsers do.
    ///
    /// # Errors
    /// `internal` where TLS cannot be set up, as with certificates that cannot be read: see
    /// [`are_readable`].
    pub fn trusting(authorities: &AuthorityCertificates) -> Result<Self> {
        let reach = Arc::new(Reach::BeyondSurroundings);
        let builder = builder(Redirects::Never, Proxies::None, &reach);
        Self::built(vouched(builder, authorities)?, reach)
    }

    /// Whether an address is no number that may not be connected to, as far as can be said without asking
    /// for the addresses of names.
    pub(super) fn could_reach(&self, url: &Url) -> Result<(), ConnectFailure> {
        match &*self.reach {
            Reach::Only(networks) if networks.is_empty() => Err(self.reach.obstacle()),
            reach => judge(reach, url),
        }
    }

    /// A request to an address that may be asked.
    ///
    /// # Errors
    /// [`ConnectFailure::ForbiddenAddress`] for a number that may not be connected to, which no resolver
    /// sees.
    pub fn get(&self, url: &Url) -> Asking {
        judge(&self.reach, url)?;
        Ok(self.client.get(url.clone()))
    }

    /// The same for a request with a body.
    ///
    /// # Errors
    /// [`ConnectFailure::ForbiddenAddress`]
    pub fn post(&self, url: &Url) -> Asking {
        judge(&self.reach, url)?;
        Ok(self.client.post(url.clone()))
    }
}

/// Whether all certificates are ones.
pub(super) fn are_readable(authorities: &AuthorityCertificates) -> bool {
    Outgoing::trusting(authorities).is_ok()
}

fn vouched(builder: ClientBuilder, authorities: &AuthorityCertificates) -> Result<ClientBuilder> {
    let certificates = Certificate::from_pem_bundle(authorities.as_pem().as_bytes());
    let certificates = certificates.map_err(Problem::internal)?.into_iter();
    Ok(certificates.fold(builder, ClientBuilder::add_root_certificate))
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn builder(redirects: Redirects, proxies: Proxies, reach: &Arc<Reach>) -> ClientBuilder {
    let (resolving, following) = (Arc::clone(reach), Arc::clone(reach));
    let builder = reqwest::Client::builder()
        .user_agent(concat!("keyward/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Judging(resolving)))
        .pool_max_idle_per_host(4)
        .redirect(match redirects {
            Redirects::Never => redirect::Policy::none(),
            Redirects::AtMost(most) => redirect::Policy::custom(move |attempt| {
                if attempt.previous().len() > most {
                    return attempt.error("too many redirects");
                }
                match judge(&following, attempt.url()) {
                    Ok(()) => attempt.follow(),
                    Err(obstacle) => attempt.error(Stopped(obstacle)),
                }
            }),
        });
    match proxies {
        Proxies::None => builder.no_proxy(),
        Proxies::OfEnvironment => builder,
    }
}

/// Whether an address is no number inside this machine's surroundings.
pub(super) fn beyond_surroundings(url: &Url) -> Result<(), ConnectFailure> {
    judge(&Reach::BeyondSurroundings, url)
}

/// An address that is a number is connected to without being resolved.
fn judge(reach: &Reach, url: &Url) -> Result<(), ConnectFailure> {
    let number: Option<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) | None => None,
    };
    match number.is_none_or(|number| reach.allows(number)) {
        true => Ok(()),
        false => Err(reach.obstacle()),
    }
}

/// Why nothing was connected to, on its way through the client's own errors.
#[derive(Debug)]
struct Stopped(ConnectFailure);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.reason())
    }
}

impl Error for Stopped {}

/// The system's resolver, of whose addresses those that may be connected to are left.
struct Judging(Arc<Reach>);

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map(Iterator::collect).unwrap_or_default();
            let good = judged(&reach, found).map_err(Stopped)?;
            let good: Addrs = Box::new(good.into_iter());
            Ok(good)
        })
    }
}

/// Those of a name's addresses that may be connected to.
fn judged(reach: &Reach, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ConnectFailure> {
    if found.is_empty() {
        return Err(ConnectFailure::UnknownName);
    }
    let good: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| reach.allows(address.ip()))
        .collect();
    match good.is_empty() {
        true => Err(reach.obstacle()),
        false => Ok(good),
    }
}

/// What an error of the client comes from. The error itself prints the address, with whatever it
/// holds, and is dropped.
pub(super) fn obstacle(error: &reqwest::Error) -> ConnectFailure {
    of_causes(error).unwrap_or(match error.is_timeout() {
        true => ConnectFailure::Silent,
        false => ConnectFailure::Broken,
    })
}

/// The first known obstacle among an error and its causes.
pub(super) fn of_causes(error: &(dyn Error + 'static)) -> Option<ConnectFailure> {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(Stopped(obstacle)) = one.downcast_ref() {
            return Some(*obstacle);
        }
        if let Some(tls) = one.downcast_ref() {
            return Some(of_tls(tls));
        }
        if let Some(error) = one.downcast_ref::<io::Error>()
            && let Some(obstacle) = of_io(error)
        {
            return Some(obstacle);
        }
        cause = one.source();
    }
    None
}

fn of_io(error: &io::Error) -> Option<ConnectFailure> {
    // What an error of this kind carries is not among its sources.
    if let Some(carried) = error.get_ref() {
        if let Some(tls) = carried.downcast_ref() {
            return Some(of_tls(tls));
        }
        if let Some(Stopped(obstacle)) = carried.downcast_ref() {
            return Some(*obstacle);
        }
        if let Some(inner) = carried.downcast_ref::<io::Error>() {
            return of_io(inner);
        }
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(ConnectFailure::Refused),
        io::ErrorKind::TimedOut => Some(ConnectFailure::Silent),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Some(ConnectFailure::NoRoute),
        _ => None,
    }
}

/// What is wrong with a server's TLS.
fn of_tls(error: &rustls::Error) -> ConnectFailure {
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => ConnectFailure::UnknownAuthority,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => ConnectFailure::CertificateExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectFailure::OtherName
            }
            CertificateError::Other(other)
                if format!("{other:?}").contains("CaUsedAsEndEntity") =>
            {
                ConnectFailure::CertificateOfAuthority
            }
            _ => ConnectFailure::CertificateUnsound,
        },
        _ => ConnectFailure::NoTls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(addresses: &[&str]) -> Vec<SocketAddr> {
        let parse = |text: &&str| SocketAddr::new(text.parse().expect(text), 443);
        addresses.iter().map(parse).collect()
    }

    #[test]
    fn a_name_that_resolves_to_the_surroundings_leads_nowhere() {
        let near = at(&["169.254.169.254", "fe80::1", "::ffff:169.254.0.1"]);
        let anywhere = Reach::BeyondSurroundings;
        assert_eq!(
            judged(&anywhere, near),
            Err(ConnectFailure::ForbiddenAddress)
        );
        let mixed = at(&["169.254.169.254", "192.0.2.1"]);
        assert_eq!(judged(&anywhere, mixed), Ok(at(&["192.0.2.1"])));
        assert_eq!(
            judged(&anywhere, Vec::new()),
            Err(ConnectFailure::UnknownName)
        );
    }
}
