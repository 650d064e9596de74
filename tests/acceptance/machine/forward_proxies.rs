//! Applications behind Debian's proxies, by the lines of `docs/applications/`.

use keyward_actions::application;
use keyward_core::domain::application::{ApplicationName, ApplicationSettings, HostPattern};
use keyward_core::flows::permit::Administrator;
use reqwest::Method;
use serde_json::Value;

use keyward_test_support::client::Client;
use keyward_test_support::forward::{Application, Front, PROXIES};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

const HOST: &str = "wiki.example.org";
const HTML: (&str, &str) = ("accept", "text/html");

/// Somebody's browser at the host of the application.
struct Visitor {
    client: Client,
    cookies: Vec<String>,
}

impl Visitor {
    fn new(front: &Front) -> Self {
        Self {
            client: Client::new(&format!("http://127.0.0.1:{}", front.port)),
            cookies: Vec::new(),
        }
    }

    async fn sends(&mut self, method: Method, target: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = self.client.request(method, target).header("host", HOST);
        if !self.cookies.is_empty() {
            request = request.header("cookie", self.cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.client.send(request).await;
        for line in answer.headers.get_all("set-cookie") {
            let pair = line
                .to_str()
                .expect("text")
                .split(';')
                .next()
                .unwrap_or_default();
            self.cookies.push(pair.to_owned());
        }
        answer
    }

    async fn gets(&mut self, target: &str) -> Page {
        self.sends(Method::GET, target, &[HTML]).await
    }
}

/// The target of an address of the application.
fn target(address: &str) -> &str {
    let here = format!("http://{HOST}");
    address
        .strip_prefix(&here)
        .unwrap_or_else(|| panic!("{address} is elsewhere"))
}

fn reached(answer: &Page, proxy: &str) -> Value {
    assert_eq!(answer.status, 200, "{proxy}: {}", answer.body);
    answer.json()
}

on_every_database! {
    async fn through_each_proxy_an_application_is_told_who_is_there_and_a_forger_gets_nowhere(at: At) {
        let server = Server::start(at).await;
        let rules = ["/public bypass", "/keys anyone hardware", "/none deny", "/ anyone"];
        let settings = ApplicationSettings {
            name: ApplicationName::parse("Wiki").expect("a name"),
            contact: String::new(),
            hosts: vec![HostPattern::parse(HOST).expect("a host")],
            rules: rules.iter().map(|rule| rule.parse().expect("a rule")).collect(),
        };
        let administrator = Administrator::at_command_line();
        application::add(&server.app, &administrator, settings).await.expect("added");
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            let mut visitor = Visitor::new(&front);
            let answer = visitor.gets("/page?x=1&y=%2F2").await;
            let to = answer.location().unwrap_or_else(|| panic!("{proxy}: {} {}", answer.status, answer.body));
            let way = to.strip_prefix(&server.base);
            let way = way.unwrap_or_else(|| panic!("{proxy}: {to}")).to_owned();
            let back = anna.browser.get(&way).await;
            let back = back.location().unwrap_or_else(|| panic!("{proxy}: {way}: {}", back.body)).to_owned();
            let arrived = visitor.gets(target(&back)).await;
            assert_eq!(arrived.location(), Some(format!("http://{HOST}/page?x=1&y=%2F2").as_str()), "{proxy}");
            let told = reached(&visitor.gets("/page?x=1&y=%2F2").await, proxy);
            assert_eq!(told["path"], "/page?x=1&y=%2F2", "{proxy}");
            assert_eq!(told["headers"]["remote-user"], serde_json::json!(["anna"]), "{proxy}");
            assert_eq!(told["headers"]["remote-amr"], serde_json::json!(["pwd,otp,mfa"]), "{proxy}");

            let forged = [
                HTML, ("remote-user", "ben"), ("remote_user", "ben"), ("Remote-USER", "ben"),
                ("remote-groups", "staff"), ("remote_groups", "staff"), ("Remote_Email", "ben@example.org"),
                ("remote-acr", "phrh"), ("remote_acr", "phrh"),
            ];
            let told = reached(&visitor.sends(Method::GET, "/page", &forged).await, proxy);
            let headers = told["headers"].as_object().expect("headers");
            let remote: Vec<_> = headers.iter().filter(|(name, _)| name.starts_with("remote")).collect();
            for (name, values) in &remote {
                let values = values.as_array().expect("a list");
                assert!(!name.contains('_'), "{proxy}: {name}");
                assert_eq!(values.len(), 1, "{proxy}: {name} {values:?}");
                let value = values[0].as_str().unwrap_or_default();
                assert!(!["ben", "staff", "phrh", "ben@example.org"].contains(&value), "{proxy}: {name}");
            }
            assert_eq!(headers["remote-user"][0], "anna", "{proxy}");

            let told = reached(&visitor.sends(Method::POST, "/form", &[("content-length", "0")]).await, proxy);
            assert_eq!(told["method"], "POST", "{proxy}");

            let mut stranger = Visitor::new(&front);
            let told = reached(&stranger.sends(Method::GET, "/public/a", &forged).await, proxy);
            let user = told["headers"]["remote-user"][0].as_str().unwrap_or_default();
            assert_eq!(user, "", "{proxy}: {told}");
            for header in [
                ("x-forwarded-uri", "/public"), ("x-original-url", "http://wiki.example.org/public"),
                ("x-forwarded-host", "other.example.org"), ("x-forwarded-method", "OPTIONS"),
                ("x-original-method", "OPTIONS"), ("x_original_url", "http://wiki.example.org/public"),
            ] {
                let json = ("accept", "application/json");
                let answer = stranger.sends(Method::GET, "/page", &[json, header]).await;
                assert!((400..500).contains(&answer.status), "{proxy}: {header:?}: {}", answer.status);
            }
            let answer = stranger.sends(Method::GET, "/page", &[("accept", "application/json")]).await;
            assert_eq!((answer.status, answer.header("location")), (401, ""), "{proxy}");
            assert_eq!(visitor.gets("/none").await.status, 403, "{proxy}");
            let to = visitor.gets("/keys").await;
            assert!(to.location().unwrap_or_default().contains("/applications/enter?"), "{proxy}");
            let up = stranger.gets("/public/../page").await;
            assert_ne!(up.status, 200, "{proxy}");
        }
    }
}
