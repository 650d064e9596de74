//! How much of the server one stranger can hold: connections and requests under way are counted,
//! in all and by address, before anything is known about who sends them.
//!
//! A connection costs a file and some 20 KiB. The files are raised to what the system allows, and
//! connections stay below them, so that the database and the certificates can always be opened.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_service::{IntoServiceFactory, ServiceFactory, apply_fn_factory};
use actix_web::rt::net::TcpStream;
use futures_util::future::Either;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use keyward_core::domain::attempt::AttemptScope;

/// For how long an answer may lie there without being taken, until the system drops the connection.
const UNTAKEN: Duration = Duration::from_secs(30);

/// A refusal is written into the log at most this often.
const TOLD: Duration = Duration::from_secs(60);

/// Lets this process open as many files as the system allows, and says how many those are; `None`
/// where there is no limit.
pub fn raise_file_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// How many connections there can be with this many files: a quarter of them, and at most 512, are
/// kept for everything else.
pub fn within_files(connections: usize, files: Option<u64>) -> usize {
    let Some(files) = files else {
        return connections;
    };
    let kept = (files / 4).min(512);
    let room = usize::try_from(files - kept).unwrap_or(usize::MAX);
    connections.min(room.max(1))
}

/// Counts something by address.
#[derive(Debug)]
pub struct AddressCounter {
    inside: Mutex<HashMap<IpAddr, usize>>,
    most: usize,
    what: &'static str,
    told: Mutex<Option<Instant>>,
}

impl AddressCounter {
    /// A crowd in which each address has `most` places.
    pub fn new(what: &'static str, most: usize) -> Arc<Self> {
        Arc::new(Self {
            inside: Mutex::default(),
            most,
            what,
            told: Mutex::default(),
        })
    }

    /// A place for this address; `None` where it has all that it may.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = customer(address);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.entry(address).or_default();
        if *count >= self.most {
            drop(inside);
            self.tell(address);
            return None;
        }
        *count += 1;
        Some(Place {
            crowd: Arc::clone(self),
            address,
        })
    }

    fn leave(&self, address: IpAddr) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&address);
                // What a crowd needed is given back when it has gone.
                if inside.capacity() > 4 * inside.len().max(64) {
                    inside.shrink_to_fit();
                }
            }
        }
    }

    fn tell(&self, address: IpAddr) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= TOLD) {
            *told = Some(Instant::now());
            let (what, most) = (self.what, self.most);
            tracing::warn!(%address, "refused: {most} {what} of this address are open");
        }
    }
}

/// One place in a [`AddressCounter`], left when this is dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Arc<AddressCounter>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.leave(self.address);
    }
}

/// What one customer has: an address, or an IPv6 /64.
fn customer(address: IpAddr) -> IpAddr {
    match AttemptScope::address(address) {
        AttemptScope::Address(address) => address,
        _ => address,
    }
}

/// A service of connections that closes those of an address that has all it may, before a byte of
/// them is read. Without a crowd all are served: they come from our proxies, and the clients behind
/// those is counted by request.
pub fn counted<S>(
    service: impl IntoServiceFactory<S, TcpStream>,
    crowd: Option<Arc<AddressCounter>>,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = S::Error, InitError = S::InitError>
where
    S: ServiceFactory<TcpStream, Config = (), Response = ()>,
{
    apply_fn_factory(service, move |stream: TcpStream, service: &S::Service| {
        use actix_service::Service as _;
        // The system's own limit on answers that are not taken.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, millis(UNTAKEN));
        let place = match (&crowd, stream.peer_addr()) {
            (None, _) => Some(None),
            (Some(crowd), Ok(peer)) => crowd.enter(peer.ip()).map(Some),
            // It is gone already.
            (Some(_), Err(_)) => None,
        };
        match place {
            Some(place) => {
                let served = service.call(stream);
                Either::Left(async move {
                    let _place = place;
                    served.await
                })
            }
            None => Either::Right(std::future::ready(Ok(()))),
        }
    })
}

fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_places_and_gets_them_back() {
        let crowd = AddressCounter::new("connections", 2);
        let [anna, ben] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().expect("an address"));
        let places = [crowd.enter(anna), crowd.enter(anna)];
        assert!(places.iter().all(Option::is_some));
        assert!(crowd.enter(anna).is_none());
        assert!(crowd.enter(ben).is_some());
        drop(places);
        assert!(crowd.enter(anna).is_some());
        assert!(crowd.inside.lock().expect("one thread").is_empty());
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let crowd = AddressCounter::new("connections", 1);
        let enter = |text: &str| crowd.enter(text.parse().expect("an address"));
        let _one = enter("2001:db8::1").expect("a place");
        assert!(enter("2001:db8::2").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
    }

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (connections, files, expected) in [
            (2048, None, 2048),
            (2048, Some(524_288), 2048),
            (2048, Some(1024), 768),
            (2048, Some(4), 3),
            (100, Some(1024), 100),
        ] {
            assert_eq!(within_files(connections, files), expected);
        }
    }
}
