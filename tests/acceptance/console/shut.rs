//! The console stays shut.

use std::time::Duration;

use keyward_actions::group;
use keyward_actions::validation_service;
use keyward_actions::webhook;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::validation_service::ValidationServiceSettings;
use keyward_core::domain::webhook::{WantedEvents, WebhookSettings};
use keyward_core::flows::permit::Administrator;
use reqwest::Method;

use super::{at_console, told, with_app};
use keyward_test_support::backends::At;
use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// Every address of the console, as the code that answers them lists them.
pub(super) fn routes() -> Vec<(Method, String)> {
    let source = include_str!("../../../src/web/console/mod.rs");
    let routes: Vec<_> = source
        .split(".route(")
        .skip(1)
        .map(|route| {
            let path = route.split('"').nth(1).expect("a path");
            let handler = route.split('"').nth(2).expect("a handler");
            let method = match handler.trim_start_matches([',', ' ', '\n']) {
                handler if handler.starts_with("get()") => Method::GET,
                handler if handler.starts_with("post()") => Method::POST,
                other => panic!("{path} is reached by {other}"),
            };
            (method, format!("/console{path}"))
        })
        .collect();
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

/// A server with something of everything that the console could show or change.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) addresses: Vec<(Method, String)>,
}

impl Stage {
    pub(super) async fn set(at: At, settings: &[(&str, &str)]) -> Self {
        let server = Server::with(at, settings).await;
        let mut ben = with_app(&server, "ben").await;
        ben.app = None;
        let id = |table: &str| {
            let newest = format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1");
            server.database.text(&newest)
        };
        let service = ValidationServiceSettings {
            ca: None,
            name: "One".to_owned(),
            urls: vec!["http://127.0.0.1:9/verify".parse().expect("an address")],
            client_id: 1,
            api_key: None,
            sync_level: None,
            timeout: Duration::from_secs(1),
            is_enabled: true,
        };
        let administrator = Administrator::at_command_line();
        let added = validation_service::add(&server.app, &administrator, service);
        let service = added.await.expect("a database").to_string();
        let group = GroupName::parse("staff").expect("a name");
        let created = group::create(&server.app, &administrator, group);
        created.await.expect("a database");
        let webhook = WebhookSettings {
            name: "Chat".to_owned(),
            url: "https://hooks.example.org/".parse().expect("a URL"),
            events: WantedEvents::default(),
            is_enabled: false,
        };
        let added = webhook::add(&server.app, &administrator, webhook).await;
        let webhook = added.expect("a database").0.to_string();
        let wiki = server
            .protects("Wiki", "wiki.example.org", &["/ anyone"])
            .await;
        let wiki = wiki.to_string();
        let link = "018f0000-0000-7000-8000-000000000001";
        server.database.execute(&format!(
            "INSERT INTO upstream_links (id, user_id, issuer, subject, called, created_at) \
             VALUES ('{link}', '{}', 'https://login.example.org', '7', 'ben', 1)",
            id("users")
        ));
        server.registers("shop", |_| {}).await;
        let shop = id("openid_clients");
        let client = server.plain_client().await;
        let key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        server.database.execute(&format!(
            "INSERT INTO found_reports (id, named, is_known, place, contact, reported_at) \
             VALUES ('{link}', '10000017', TRUE, '', '', 1)"
        ));
        server
            .database
            .execute(&format!("UPDATE keys SET owner_id = '{}'", id("users")));
        let ids = [
            ("/found-reports/", link.to_owned()),
            ("/users/", id("users")),
            ("/devices/", id("devices")),
            ("/sessions/", id("sessions")),
            ("/services/", service),
            ("/clients/", client.id.to_string()),
            ("/webhooks/", webhook),
            ("/applications/", wiki),
            ("/openid-clients/", shop),
            ("/keys/", id("keys")),
            ("/otp-keys/", key.public_id),
        ];
        let addresses = routes()
            .into_iter()
            .map(|(method, path)| {
                let id = ids.iter().find(|(part, _)| path.contains(part));
                let id = id.map_or("", |(_, id)| id);
                let path = path.replace("{id}", id).replace("{file}", "users.csv");
                let path = path.replace("{link}", link).replace("{move}", "retire");
                let path = path.replace("{enrolment}", link);
                // These say in the query whom they mean.
                let of_a_group = method == Method::GET && path.contains("/groups/");
                let query = if of_a_group { "?name=staff" } else { "" };
                (method, path + query)
            })
            .collect();
        Self { server, addresses }
    }

    /// Everything that must not move.
    pub(super) fn still(&self) -> Vec<i64> {
        let counts = [
            "users",
            "users WHERE is_enabled",
            "users WHERE is_superuser",
            "devices",
            "sessions",
            "validation_services",
            "validation_clients WHERE is_active",
            "webhooks",
            "applications",
            "openid_clients",
            "upstream_links",
            "openid_client_secrets",
            "otp_keys WHERE is_active",
            "found_reports WHERE closed_at IS NULL",
            "keys WHERE state = 'stock' AND version = 0",
            "events WHERE kind LIKE 'user.%' OR kind LIKE 'device.%'",
        ];
        let count = |rows| {
            self.server
                .database
                .number(&format!("SELECT COUNT(*) FROM {rows}"))
        };
        counts.map(count).into()
    }

    /// Knocks at every address, with and without something that looks like a form.
    pub(super) async fn knocks(&self, browser: &Client) -> Vec<(String, Page)> {
        let mut answers = Vec::new();
        for (method, path) in &self.addresses {
            let fields = [("grant", "true"), ("otp", "x"), ("username", "eve")];
            let ours = |request: reqwest::RequestBuilder| {
                let base = self.server.base.clone();
                request
                    .header("origin", base)
                    .header("sec-fetch-site", "same-origin")
            };
            let plain = ours(browser.request(method.clone(), path));
            let mut requests = vec![plain];
            if method == Method::POST {
                requests.push(ours(browser.request(Method::POST, path)).form(&fields));
                requests.push(ours(browser.request(Method::POST, path)).body("%%%"));
            }
            for request in requests {
                let what = format!("{method} {path}");
                answers.push((what, browser.send(request).await));
            }
        }
        answers
    }
}

on_every_database! {
    async fn a_stranger_is_led_to_the_sign_in(at: At) {
        let stage = Stage::set(at, &[]).await;
        let before = stage.still();
        for (what, answer) in stage.knocks(&stage.server.browser()).await {
            let to = answer.location().unwrap_or_default();
            assert!(to.starts_with("/sign-in"), "{what}: {} {to}", answer.status);
        }
        assert_eq!(stage.still(), before);
    }

    async fn a_password_alone_does_not_open_the_console(at: At) {
        let stage = Stage::set(at, &[]).await;
        let anna = at_console(&stage.server).await;
        let half = anna.elsewhere(&stage.server.base);
        let page = half.types_password().await;
        assert!(page.form("Continue").asks_for("Code"), "{}", page.text());
        let before = stage.still();
        for (what, answer) in stage.knocks(&half.browser).await {
            let to = answer.location().unwrap_or_default();
            assert!(to.starts_with("/sign-in"), "{what}: {} {to}", answer.status);
        }
        assert_eq!(stage.still(), before);
    }

    async fn a_superuser_without_a_second_factor_is_led_to_enrolment(at: At) {
        for policy in ["\"superusers\"", "\"optional\""] {
            let stage = Stage::set(at, &[("policy.require_second_factor", policy)]).await;
            let anna = stage.server.superuser("anna").await;
            anna.signs_in().await;
            let before = stage.still();
            for (what, answer) in stage.knocks(&anna.browser).await {
                let to = answer.location();
                assert_eq!(to, Some("/account/devices/add"), "{policy} {what}: {}", answer.status);
            }
            assert_eq!(stage.still(), before);
        }
    }

    async fn somebody_who_is_no_superuser_is_refused_and_the_trail_says_so(at: At) {
        let stage = Stage::set(at, &[]).await;
        let carl = with_app(&stage.server, "carl").await;
        let before = stage.still();
        let answers = stage.knocks(&carl.browser).await;
        for (what, answer) in &answers {
            assert_eq!(answer.status, 403, "{what}");
            assert_eq!(answer.heading(), "This is for administrators", "{what}");
        }
        assert_eq!(stage.still(), before);
        let refusals = told(&stage.server, "access.refused", "carl", Some("carl"), "not_superuser");
        // As many as say something; of the rest there is a number.
        assert_eq!(refusals.await, 3, "of {}", answers.len());
    }

    async fn an_unknown_address_tells_a_stranger_no_more_than_a_known_one(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        for path in ["/console/nothing", "/console/users/1/2/3", "/console/"] {
            assert!(server.browser().get(path).await.location().is_some(), "{path}");
            assert_eq!(anna.browser.get(path).await.status, 404, "{path}");
        }
    }

    async fn a_post_of_another_site_does_nothing(at: At) {
        let stage = Stage::set(at, &[]).await;
        let anna = at_console(&stage.server).await;
        let before = stage.still();
        for (method, path) in &stage.addresses {
            if method == Method::POST {
                let request = anna.browser.request(Method::POST, path);
                let request = request.header("origin", "https://evil.example.org");
                let answer = anna.browser.send(request.form(&[("grant", "true")])).await;
                assert_eq!(answer.status, 403, "{path}");
            }
        }
        assert_eq!(stage.still(), before);
    }

    async fn the_console_is_not_kept_by_browsers(at: At) {
        let stage = Stage::set(at, &[]).await;
        let anna = at_console(&stage.server).await;
        for (method, path) in &stage.addresses {
            if method == Method::GET {
                let page = anna.browser.get(path).await;
                // Nobody has drafted a policy here, she has no API token, and two questions have two
                // answers.
                let status = match path {
                    path if path.ends_with("/tokens//revoke") => 404,
                    path if path.ends_with("/dry-run") => 404,
                    path if path.ends_with("/superuser") || path.contains("/roles?") => 400,
                    _ => 200,
                };
                assert_eq!(page.status, status, "{path}: {}", page.text());
                assert_eq!(page.header("cache-control"), "no-store", "{path}");
            }
        }
    }
}
