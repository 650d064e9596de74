//! `[webhooks]`

use std::time::Duration;

use ipnet::IpNet;

use super::form::Form;
use super::forms::{authorities, days, duration, list, minutes, network};
use super::section::section;
use keyward_core::domain::outgoing::AuthorityCertificates;

section! {
    /// Events that are sent to other programs as they happen. Who gets which is decided in the console
    /// and by `keyward webhook`.
    Webhooks = "webhooks" {
        /// Networks that are reached although they are loopback, link-local, private or a cloud's
        /// metadata service. By plain http no others are reached.
        networks "networks": Vec<IpNet> = networks().or("[]");
        /// A file of certificates as PEM that receivers' may be signed with, besides those that
        /// browsers trust. It is read at the start.
        ca_file "ca_file": Option<AuthorityCertificates> = authorities().optional("none");
        /// How long a receiver may take for one event.
        timeout "timeout": Duration = duration(Duration::from_millis(100)..=minutes(1)).or("10s");
        /// The wait before the second try. Each further one is twice as long, up to an hour.
        wait "wait": Duration = duration(Duration::from_millis(100)..=minutes(60)).or("10s");
        /// For how long an event is tried, before it is listed as given up.
        give_up "give_up": Duration = duration(Duration::from_secs(1)..=days(30)).or("3d");
        /// For how long the secret before a new one signs too.
        overlap "overlap": Duration = duration(Duration::from_secs(1)..=days(90)).or("1d");
    }
}

fn networks() -> Form<Vec<IpNet>> {
    list(network(), "a list of networks such as `10.0.0.0/8`")
}
