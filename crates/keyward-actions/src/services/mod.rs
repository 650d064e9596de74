//! What actions share within a process: long-lived parts of `App`, each with what it bounds.

mod ceremonies;
mod client_keys;
mod gateways;
mod judging;
mod metrics;
mod openid;
mod passwords;
mod protection;
mod rates;
mod registry;
mod seats;
mod this_server;
mod trail;
mod upstreams;

pub(crate) use ceremonies::Ceremonies;
pub(crate) use gateways::Gateways;
pub(crate) use judging::Judging;
pub(crate) use metrics::Readings;
pub use metrics::{ForwardAuthAnswer, Metrics};
pub(crate) use openid::{KeyRing, Openid};
pub(crate) use passwords::Passwords;
pub(crate) use protection::{CookieHash, Protection};
pub use protection::{Visiting, VisitingBy};
pub(crate) use rates::ValidationRates;
pub(crate) use seats::Seat;
pub(crate) use this_server::ThisServer;
pub(crate) use trail::Trail;
pub(crate) use upstreams::{Upstream, Upstreams};
