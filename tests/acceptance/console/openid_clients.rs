//! Clients of the OpenID provider, at the console.

use super::{at_console, told};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

const CALLBACK: &str = "https://wiki.example.org/callback";

/// A client of this name, added at the console, and its secret.
async fn added(anna: &Person) -> String {
    let page = anna.visits("/console/openid-clients/new").await;
    let form = page
        .form("Add client")
        .fill("Name", "Wiki")
        .fill("Client ID", "wiki");
    let page = anna
        .browser
        .submit(&page, &form.fill("Redirect addresses", CALLBACK))
        .await;
    assert!(
        page.text().contains("The client was added."),
        "{}",
        page.text()
    );
    secret_of(&page.body)
}

fn secret_of(body: &str) -> String {
    let rest = body.split("id=\"secret\"").nth(1).expect("a secret");
    let rest = rest.split_once('>').expect("an element").1;
    rest.split_once('<').expect("its end").0.to_owned()
}

on_every_database! {
    async fn a_client_is_added_shown_changed_and_removed_at_the_console(at: At) {
        let server = Server::start(at).await;
        keyward(server.folder(), &["group", "add", "staff"]).done();
        let anna = at_console(&server).await;
        let page = anna.visits("/console/openid-clients").await;
        assert!(page.text().contains("No client yet"), "{}", page.text());
        let page = anna.visits("/console/openid-clients/new").await;
        let form = page.form("Add client").fill("Name", "Wiki").fill("Client ID", "wiki");
        for (field, text, status, why) in [
            ("Redirect addresses", "", 400, "at least one redirect address"),
            ("Redirect addresses", "http://wiki.example.org/cb", 400, "without TLS"),
            ("Who may sign in", "group:nobodys", 404, "nobodys"),
            ("Who may sign in", "everybody", 400, "everybody"),
            ("Scopes", "email", 400, "openid"),
        ] {
            let wrong = form.clone().fill("Redirect addresses", CALLBACK).fill(field, text);
            let answer = anna.browser.submit(&page, &wrong).await;
            assert_eq!(answer.status, status, "{field}: {}", answer.text());
            assert!(answer.text().contains(why), "{field}: {}", answer.text());
            let kept = answer.form("Add client");
            assert_eq!((kept.value(field), kept.value("Name")), (text, "Wiki"));
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM openid_clients"), 0);
        let secret = added(&anna).await;
        assert!(secret.starts_with("kwc_") && secret.len() == 47, "{secret}");

        let list = anna.visits("/console/openid-clients").await;
        let to = list.link("Wiki").expect("a link");
        let page = anna.visits(&to).await;
        assert!(!page.body.contains(&secret), "the secret is shown again");
        let issuer = server.app.settings().server.origin();
        for text in [format!(">{issuer}<"), format!(">{issuer}/.well-known/openid-configuration<"), ">wiki<".to_owned()] {
            assert!(page.body.contains(&text), "{text}: {}", page.body);
        }
        let form = page.form("Save").fill("Who may sign in", "group:staff phishing-resistant within 1h");
        let saved = anna.browser.submit(&page, &form).await;
        assert_eq!(anna.browser.follow(saved).await.notice(), "Wiki was saved.");
        let late = anna.browser.submit(&page, &form).await;
        assert_eq!(late.status, 409, "a change of what was changed meanwhile is refused");
        let shown = keyward(server.folder(), &["client", "show", "wiki", "--json"]).json();
        assert_eq!(shown["access"], "group:staff phishing-resistant within 1h");
        assert_eq!(shown["redirect_uris"][0], CALLBACK, "what was not touched stays");
        assert_eq!((&shown["requires_pkce"], &shown["asks_consent"]), (&true.into(), &false.into()));
        assert_eq!(shown["grants"], serde_json::json!(["authorization_code", "refresh_token"]));

        let page = anna.visits(&to).await;
        let asked = anna.presses(&page, "Remove client").await;
        assert!(asked.text().contains("Nobody signs in to it"), "{}", asked.text());
        let list = anna.presses(&asked, "Remove Wiki").await;
        assert_eq!(list.notice(), "Wiki was removed. Nobody signs in to it any more, and its tokens are over.");
        assert_eq!(anna.browser.get(&to).await.status, 404);
        for kind in ["added", "changed", "removed"] {
            let kind = format!("openid_client.{kind}");
            assert_eq!(told(&server, &kind, "anna", None, "").await, 1, "{kind}");
        }
    }

    async fn a_new_secret_is_shown_once_and_the_one_before_ends_when_it_is_said_to(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let first = added(&anna).await;
        let to = anna.visits("/console/openid-clients").await.link("Wiki").expect("a link");
        let good = || server.database.number("SELECT COUNT(*) FROM openid_client_secrets WHERE expires_at IS NULL");
        let page = anna.visits(&to).await;
        let asked = anna.presses(&page, "New secret").await;
        assert!(asked.text().contains("works for a day still"), "{}", asked.text());
        assert_eq!(server.events("openid_client.secret_rotated"), 0, "asking changes nothing");
        let page = anna.presses(&asked, "Give a new secret").await;
        let second = secret_of(&page.body);
        assert!(second.starts_with("kwc_") && second != first, "{second}");
        assert_eq!((good(), server.events("openid_client.secret_rotated")), (1, 1));
        let page = anna.visits(&to).await;
        assert!(!page.body.contains(&second) && page.text().contains("works until"), "{}", page.text());
        let asked = anna.presses(&page, "New secret, end the present one").await;
        assert!(asked.text().contains("ends at once"), "{}", asked.text());
        let page = anna.presses(&asked, "Give a new secret").await;
        assert_ne!(secret_of(&page.body), second);
        assert!(!anna.visits(&to).await.text().contains("works until"));
        let stolen = server.database.stolen();
        assert!(!stolen.windows(second.len()).any(|part| part == second.as_bytes()), "a secret lies open");
    }

    async fn a_client_of_another_kind_shows_what_it_proves_itself_by(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/openid-clients/new").await;
        let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let form = page.form("Add client").fill("Name", "Robot").fill("Client ID", "robot")
            .fill("Redirect addresses", CALLBACK)
            .fill("Proves itself by", "private_key_jwt");
        let answer = anna.browser.submit(&page, &form).await;
        assert!(answer.status == 400 && answer.text().contains("public keys"), "{}", answer.text());
        let certified = page.form("Add client").fill("Name", "Robot").fill("Redirect addresses", CALLBACK)
            .fill("Proves itself by", "tls_client_auth").fill("Its certificate", "dns:robot.example.org");
        let answer = anna.browser.submit(&page, &certified).await;
        assert!(answer.status == 400 && answer.text().contains("server.tls.client_ca"), "{}", answer.text());
        assert_eq!(answer.form("Add client").value("Its certificate"), "dns:robot.example.org");
        let added = anna.browser.submit(&page, &form.fill("Its public keys", key)).await;
        let page = anna.browser.follow(added).await;
        assert_eq!(page.notice(), "Robot was added.");
        assert!(page.text().contains("A key of its own") && !page.text().contains("New secret"), "{}", page.text());
        // One that comes to have a secret has none until it is given one.
        let saved = anna.browser.submit(&page, &page.form("Save").fill("Proves itself by", "client_secret_post")).await;
        let page = anna.browser.follow(saved).await;
        assert!(page.text().contains("It has no secret yet"), "{}", page.text());
    }
}
