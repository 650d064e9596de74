//! `/metrics`, as Prometheus's own tool reads it.

use std::collections::BTreeSet;

use keyward_test_support::command::run;
use keyward_test_support::on_every_database;
use keyward_test_support::process;
use keyward_test_support::repository;
use keyward_test_support::server::Server;

const TOKEN: (&str, &str) = ("metrics.token", "\"a token of the tests\"");

async fn read(server: &Server) -> String {
    let browser = server.browser();
    let request = browser.request(reqwest::Method::GET, "/metrics");
    let page = browser
        .send(request.bearer_auth("a token of the tests"))
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

/// What stands behind a metric with these labels.
fn value(text: &str, metric: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

/// The names of metrics that a text speaks of.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names = words.filter(|word| word.starts_with("keyward_"));
    names.map(str::to_owned).collect()
}

on_every_database! {
    async fn nothing_is_told_unless_a_setting_says_to_whom(at: At) {
        let server = Server::start(at).await;
        assert_eq!(server.browser().get("/metrics").await.status, 404);
        let server = Server::with(at, &[TOKEN]).await;
        let browser = server.browser();
        let plain = browser.get("/metrics").await;
        assert_eq!((plain.status, plain.header("www-authenticate")), (401, "Bearer"));
        for wrong in ["", "a token", "a token of the tests "] {
            let request = browser.request(reqwest::Method::GET, "/metrics");
            let request = request.header("authorization", format!("Bearer {wrong}x"));
            assert_eq!(browser.send(request).await.status, 401, "{wrong}");
        }
        assert!(read(&server).await.contains("keyward_build_info"));
        let posted = browser.send(browser.request(reqwest::Method::POST, "/metrics")).await;
        assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
    }

    async fn an_address_of_their_own_has_the_numbers_and_nothing_else(at: At) {
        let own = format!("127.0.0.1:{}", process::free_port());
        let server = Server::with(at, &[("metrics.listen", &format!("\"{own}\""))]).await;
        assert_eq!(server.browser().get("/metrics").await.status, 404);
        let told = reqwest::get(format!("http://{own}/metrics")).await.expect("an answer");
        assert_eq!(told.status(), 200);
        let kind = told.headers()["content-type"].to_str().expect("text");
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        for path in ["/", "/sign-in", "/metrics/", "/health/live"] {
            let other = reqwest::get(format!("http://{own}{path}")).await.expect("an answer");
            assert_eq!(other.status(), 404, "{path}");
        }
        let posted = reqwest::Client::new().post(format!("http://{own}/metrics")).send().await.expect("an answer");
        assert_eq!((posted.status().as_u16(), posted.headers()["allow"].as_bytes()), (405, &b"GET, HEAD"[..]));
    }

    async fn prometheus_own_tool_finds_nothing_to_complain_of(at: At) {
        let server = Server::with(at, &[TOKEN]).await;
        let mut anna = server.user("anna-of-the-test").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let wrong = [("username", "anna-of-the-test"), ("password", "not this one")];
        server.browser().post("/sign-in/password", &wrong).await;
        let text = read(&server).await;
        let text = if text.ends_with('\n') { text } else { format!("{text}\n") };
        run("promtool", server.folder(), &["check", "metrics"], &text).done();
        assert!(!text.contains("anna-of-the-test"), "a name is told");
        for (metric, least) in [
            ("keyward_sign_in_steps_total{step=\"password\",method=\"password\",outcome=\"done\"}", 1.0),
            ("keyward_sign_in_steps_total{step=\"password\",method=\"password\",outcome=\"refused\"}", 1.0),
            ("keyward_refusals_total{kind=\"sign_in.password\",code=\"wrong_password\"}", 1.0),
            ("keyward_events_total{kind=\"device.added\"}", 1.0),
            ("keyward_database_up", 1.0),
            ("keyward_password_seats", 1.0),
            ("keyward_http_request_duration_seconds_count{method=\"GET\",route=\"/sign-in\"}", 1.0),
        ] {
            assert!(value(&text, metric) >= least, "{metric}: {text}");
        }
        for part in [
            "keyward_queue_depth{queue=\"mail\"}",
            "keyward_queue_oldest_age_seconds{queue=\"webhooks\"}",
            "keyward_database_connections_limit{lane=\"people\",purpose=\"looks\"}",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    async fn dashboard_and_alerts_speak_of_numbers_that_there_are(at: At) {
        let server = Server::with(at, &[TOKEN]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let text = read(&server).await;
        let folder = repository().join("docs/monitoring");
        let rules = folder.join("keyward-alerts.yml").display().to_string();
        run("promtool", server.folder(), &["check", "rules", &rules], "").done();
        let alerts = std::fs::read_to_string(&rules).expect("the rules");
        let dashboard = std::fs::read_to_string(folder.join("keyward-dashboard.json"));
        let dashboard = dashboard.expect("the dashboard");
        serde_json::from_str::<serde_json::Value>(&dashboard).expect("JSON");
        // A family without a value yet is not told of; the paper has all of them.
        let paper = std::fs::read_to_string(repository().join("docs/metrics.md"));
        let known = names(&paper.expect("the paper"));
        let told = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        for name in told {
            assert!(known.contains(name), "{name} is in no paper");
        }
        for name in names(&alerts).union(&names(&dashboard)) {
            let bare = name.trim_end_matches("_bucket");
            assert!(known.contains(name) || known.contains(bare), "{name}: {known:?}");
        }
    }
}
