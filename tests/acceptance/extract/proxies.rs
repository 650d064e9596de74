//! The client's address through real proxies: nginx in front, and nginx before that.

use std::net::{IpAddr, Ipv4Addr};

use crate::console::at_console;
use keyward_actions::unread_proxy;
use keyward_test_support::nginx::Nginx;
use keyward_test_support::on_every_database;
use keyward_test_support::proxies::{PROXIES, Proxy};
use keyward_test_support::server::Server;

/// A password from this address of the loopback network, to a proxy, with headers of the client's
/// own making.
async fn from(last: u8, proxy: &str, server: &Server, name: &str, spoofed: &[(&str, &str)]) -> u16 {
    let client = reqwest::Client::builder()
        .local_address(IpAddr::from(Ipv4Addr::new(127, 0, 1, last)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client");
    let mut request = client
        .post(format!("{proxy}/sign-in/password"))
        .header("origin", &server.base)
        .form(&[("username", name), ("password", "not this one")]);
    for (header, value) in spoofed {
        request = request.header(*header, *value);
    }
    request
        .send()
        .await
        .expect("the proxy answers")
        .status()
        .as_u16()
}

fn seen(server: &Server) -> Vec<String> {
    server.database.lines(
        "SELECT DISTINCT address AS line FROM events WHERE address IS NOT NULL ORDER BY address",
    )
}

on_every_database! {
    async fn behind_nginx_no_header_of_the_client_moves_its_address(at: At) {
        let settings = [("server.trusted_proxies", "1"), ("lockout.address_failures", "5")];
        let server = Server::with(at, &settings).await;
        let nginx = Nginx::in_front_of(&server.base);
        let tries: [&[(&str, &str)]; 5] = [
            &[],
            &[("x-forwarded-for", "203.0.113.1")],
            &[("x-forwarded-for", "203.0.113.2, 203.0.113.3"), ("forwarded", "for=203.0.113.4")],
            &[("x-forwarded-for", "nonsense, \"203.0.113.5"), ("x-real-ip", "203.0.113.6")],
            &[("forwarded", "for=\"[2001:db8::1]\""), ("x-forwarded-for", "2001:db8::2")],
        ];
        for (number, spoofed) in tries.iter().enumerate() {
            let name = format!("user{number}");
            assert_eq!(from(7, &nginx.base(), &server, &name, spoofed).await, 303, "{spoofed:?}");
        }
        assert_eq!(seen(&server), ["127.0.1.7"]);
        for spoofed in [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")] {
            let status = from(7, &nginx.base(), &server, "user9", &[spoofed]).await;
            assert_eq!(status, 429, "{spoofed:?} went round the lock");
        }
        assert_eq!(from(8, &nginx.base(), &server, "user9", &[]).await, 303, "somebody else is locked");
    }

    async fn the_standard_header_counts_where_the_settings_say_so(at: At) {
        let both = [("x-forwarded-for", "203.0.113.1"), ("forwarded", "for=203.0.113.2")];
        for (header, expected) in [("x-forwarded-for", "203.0.113.1"), ("forwarded", "203.0.113.2")] {
            let header = format!("\"{header}\"");
            let settings = [("server.trusted_proxies", "1"), ("server.proxy_header", header.as_str())];
            let server = Server::with(at, &settings).await;
            let base = server.base.replace("localhost", "127.0.0.1");
            from(7, &base, &server, "anna", &both).await;
            assert_eq!(seen(&server), [expected]);
        }
    }

    async fn the_ready_lines_of_each_proxy_pass_on_the_address_that_it_saw(at: At) {
        for name in PROXIES {
            let server = Server::with(at, &[("server.trusted_proxies", "1")]).await;
            let proxy = Proxy::in_front_of(name, &server.base);
            let spoofed = [("x-forwarded-for", "203.0.113.1"), ("forwarded", "for=203.0.113.2")];
            assert_eq!(from(7, &proxy.base(), &server, "anna", &spoofed).await, 303, "{name}");
            assert_eq!(seen(&server), ["127.0.1.7"], "{name}");
        }
    }

    async fn a_proxy_that_the_settings_do_not_know_is_pointed_out(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let words = "server.trusted_proxies";
        assert!(!anna.visits("/console").await.text().contains(words));
        let base = server.base.replace("localhost", "127.0.0.1");
        from(7, &base, &server, "nobody", &[("x-forwarded-for", "203.0.113.1")]).await;
        assert!(anna.visits("/console").await.text().contains(words));
        unread_proxy::note(&server.app).await.expect("it is written down");
        let noted = "SELECT COUNT(*) FROM instance WHERE name = 'unread_proxy'";
        assert_eq!(server.database.number(noted), 1);
        assert!(anna.visits("/console").await.text().contains(words));
    }

    async fn behind_two_proxies_the_outer_ones_entry_counts(at: At) {
        let server = Server::with(at, &[("server.trusted_proxies", "2")]).await;
        let inner = Nginx::in_front_of(&server.base);
        let outer = Nginx::in_front_of(&inner.base());
        from(7, &outer.base(), &server, "anna", &[("x-forwarded-for", "203.0.113.1")]).await;
        assert_eq!(seen(&server), ["127.0.1.7"]);
        // Past the outer one there is an entry too few: the connection's address counts.
        from(9, &inner.base(), &server, "anna", &[]).await;
        assert_eq!(seen(&server), ["127.0.0.1", "127.0.1.7"]);
    }
}
