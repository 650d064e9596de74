//! `[metrics]`

use std::net::SocketAddr;

use secrecy::SecretString;

use super::forms::{secret, socket};
use super::section::section;

section! {
    /// Numbers about the server for Prometheus, at `/metrics`. Without `listen` and `token` there are
    /// none.
    Metrics = "metrics" {
        /// An address of its own, where nothing else is answered. It speaks plain HTTP.
        listen "listen": Option<SocketAddr> = socket().optional("none");
        /// What a request must carry as `Authorization: Bearer …`, on both addresses. With it `/metrics`
        /// is answered where people are, too.
        token "token": Option<SecretString> = secret().or_from_file().optional("none");
    }
}
