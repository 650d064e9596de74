//! Applications behind Debian's proxies, by the lines of `docs/applications/`.

use keyward_actions::{group, user};
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::Administrator;
use reqwest::Method;
use serde_json::Value;

use keyward_test_support::client::Client;
use keyward_test_support::django::Django;
use keyward_test_support::forward::{Application, Front, PROXIES};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

const HOST: &str = "wiki.example.org";
const PAY: &str = "pay.example.org";
const HTML: (&str, &str) = ("accept", "text/html");

/// Somebody's browser at the host of the application.
struct Visitor {
    host: &'static str,
    client: Client,
    cookies: Vec<String>,
}

impl Visitor {
    fn new(front: &Front, host: &'static str) -> Self {
        Self {
            host,
            client: Client::new(&format!("http://127.0.0.1:{}", front.port)),
            cookies: Vec::new(),
        }
    }

    async fn sends(&mut self, method: Method, target: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = self
            .client
            .request(method, target)
            .header("host", self.host);
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

    /// Goes to an address of the application by the way that it is led, signed in here as somebody.
    async fn arrives(&mut self, path: &str, signed_in: &Client, base: &str) -> Page {
        let answer = self.gets(path).await;
        let way = answer
            .location()
            .and_then(|to| to.strip_prefix(base))
            .expect("to us")
            .to_owned();
        let back = signed_in.get(&way).await;
        let back = back
            .location()
            .unwrap_or_else(|| panic!("{way}: {}", back.body));
        let here = format!("http://{}", self.host);
        let target = back
            .strip_prefix(&here)
            .expect("to the application")
            .to_owned();
        self.gets(&target).await;
        self.gets(path).await
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
        let rules = ["/public bypass", "/keys anyone hardware", "/none deny", "/api anyone hardware or token", "/ anyone"];
        server.protects("Wiki", HOST, &rules).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let program = server.program(&["applications:enter"]).await;
        let bearer = format!("Bearer {}", program.token);
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            let mut visitor = Visitor::new(&front, HOST);
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

            let mut stranger = Visitor::new(&front, HOST);
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
            let denied = visitor.gets("/none").await;
            match denied.location() {
                // It shows no page of ours, and leads to one.
                Some(to) if proxy == "nginx" => {
                    assert!(to.starts_with(&format!("{}/applications/enter?to=", server.base)), "{to}");
                }
                location => assert_eq!((denied.status, location), (403, None), "{proxy}"),
            }
            let json = [("accept", "application/json")];
            assert_eq!(visitor.sends(Method::GET, "/none", &json).await.status, 403, "{proxy}");
            let to = visitor.gets("/keys").await;
            assert!(to.location().unwrap_or_default().contains("/applications/enter?"), "{proxy}");
            let token = ("authorization", bearer.as_str());
            let told = reached(&stranger.sends(Method::GET, "/api/a", &[token]).await, proxy);
            assert_eq!(told["headers"]["remote-user"][0], "root", "{proxy}");
            let answer = stranger.sends(Method::GET, "/page", &[token]).await;
            assert_eq!(answer.status, 401, "{proxy}: no rule takes tokens here");
            let up = stranger.gets("/public/../page").await;
            assert_ne!(up.status, 200, "{proxy}");
        }
    }

    async fn a_stock_django_project_opens_its_admin_after_the_second_factor_alone(at: At) {
        let server = Server::start(at).await;
        let staff = GroupName::from_stored("staff");
        let administrator = Administrator::at_command_line();
        group::create(&server.app, &administrator, staff.clone()).await.expect("a group");
        let rules = ["/admin group:staff second-factor", "/slips anyone hardware", "/static bypass", "/ anyone"];
        server.protects("Payroll", PAY, &rules).await;
        let mut anna = server.user("anna").await;
        let found = user::find_by_name(&server.app, &administrator, "anna").await;
        let id = found.expect("the store answers").expect("anna").id;
        user::change_groups(&server.app, &administrator, id, vec![staff], Vec::new())
            .await
            .expect("a member");
        anna.signs_in().await;
        anna.adds_an_app().await;
        let ben = server.user("ben").await;
        ben.signs_in().await;

        let django = Django::start();
        let front = Front::of("nginx", &server.base, PAY, &django.address);
        let mut stranger = Visitor::new(&front, PAY);
        let forged = [HTML, ("remote-user", "anna"), ("remote_user", "anna"), ("remote-acr", "phrh")];
        for path in ["/admin/", "/slips", "/"] {
            let answer = stranger.sends(Method::GET, path, &forged).await;
            assert_eq!(answer.status, 302, "{path}: {}", answer.body);
            assert!(answer.header("location").starts_with(&server.base), "{path}");
        }
        let mut visitor = Visitor::new(&front, PAY);
        let home = visitor.arrives("/", &anna.browser, &server.base).await;
        assert_eq!((home.status, home.body.as_str()), (200, "user anna"));
        let admin = visitor.gets("/admin/").await;
        assert_eq!(admin.status, 200, "{}", admin.body);
        assert!(admin.text().contains("Site administration"), "{}", admin.text());
        let slips = visitor.gets("/slips").await;
        assert_eq!(slips.status, 302, "a code of an app is no hardware key");

        let mut other = Visitor::new(&front, PAY);
        let home = other.arrives("/", &ben.browser, &server.base).await;
        assert_eq!((home.status, home.body.as_str()), (200, "user ben"));
        let json = [("accept", "application/json")];
        assert_eq!(other.sends(Method::GET, "/admin/", &json).await.status, 403);
        let denied = other.sends(Method::GET, "/admin/", &forged).await;
        assert!(denied.header("location").starts_with(&server.base), "{}", denied.status);

        let joerg = server.user("jörg").await;
        joerg.signs_in().await;
        let mut third = Visitor::new(&front, PAY);
        let home = third.arrives("/", &joerg.browser, &server.base).await;
        assert_eq!((home.status, home.body.as_str()), (200, "user jörg"));
        // A second lock: what reaches the project without the header of a hardware key.
        let straight = Client::new(&format!("http://{}", django.address));
        let request = straight.request(Method::GET, "/slips").header("host", PAY);
        assert_eq!(straight.send(request.header("remote-user", "anna")).await.status, 403);
        let request = straight.request(Method::GET, "/slips").header("host", PAY);
        let request = request.header("remote-user", "anna").header("remote-acr", "phrh");
        assert_eq!(straight.send(request).await.body, "slips");
    }
}
