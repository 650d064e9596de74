//! Attacks on the sign-in at another OpenID provider.

use std::time::Duration;

use keyward_core::clock::Clock as _;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_provider::{Asked, OpenidProvider, Signing};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

use super::upstream::{TENANT, goes, linked, server_with, signs_in_there};

const START: &str = "/upstream/entra/start";

async fn is_out(person: &Person) -> bool {
    person.visits("/account").await.path.starts_with("/sign-in")
}

/// A linked user, at a browser at which nobody is signed in.
async fn ready(at: At, more: &str) -> (OpenidProvider, Server, Person) {
    let provider = OpenidProvider::entra(TENANT);
    let server = server_with(at, &provider, more).await;
    let anna = linked(&server, &provider, "anna").await;
    let elsewhere = anna.elsewhere(&server.base);
    (provider, server, elsewhere)
}

use keyward_test_support::backends::At;

/// Signs in with these claims and expects to be refused with this status and reason.
async fn is_refused(at: At, claims: fn(i64) -> Value, code: &str) {
    let (provider, server, anna) = ready(at, "").await;
    let claims = claims(server.clock.now().seconds());
    let page = signs_in_there(&server, &anna, &provider, START, &claims).await;
    assert_eq!(page.status, 403, "{}", page.text());
    let reason = "SELECT refusal FROM events WHERE refusal IS NOT NULL";
    assert_eq!(server.database.text(reason), code);
    assert!(is_out(&anna).await);
}

async fn a_signature_is_refused(at: At, signing: Signing) {
    let (provider, server, anna) = ready(at, "").await;
    let to = goes(&anna, START).await;
    let back = provider.signs_in_as(&to, server.clock.now(), &json!({}), signing);
    let page = anna.visits(&back).await;
    assert_eq!(
        (page.status, page.heading().as_str()),
        (403, "This answer is not believed")
    );
    assert!(is_out(&anna).await);
}

on_every_database! {
    async fn attack_token_without_a_signature(at: At) {
        a_signature_is_refused(at, Signing::Unsigned).await;
    }

    async fn attack_token_signed_with_the_public_key_as_a_secret(at: At) {
        a_signature_is_refused(at, Signing::HmacOfPublicKey).await;
    }

    async fn attack_token_of_a_swapped_key(at: At) {
        a_signature_is_refused(at, Signing::SwappedKey).await;
    }

    async fn attack_token_of_another_question(at: At) {
        is_refused(at, |_| json!({ "nonce": "of-another" }), "upstream.token").await;
        is_refused(at, |_| json!({ "nonce": null }), "upstream.token").await;
    }

    async fn attack_token_of_another_issuer(at: At) {
        is_refused(at, |_| json!({ "iss": "https://login.example.org" }), "upstream.token").await;
    }

    async fn attack_token_for_another_client(at: At) {
        is_refused(at, |_| json!({ "aud": "another" }), "upstream.token").await;
        is_refused(at, |_| json!({ "aud": ["keyward", "another"] }), "upstream.token").await;
        is_refused(at, |_| json!({ "azp": "another" }), "upstream.token").await;
    }

    async fn attack_token_whose_time_is_over(at: At) {
        is_refused(at, |now| json!({ "exp": now - 61 }), "upstream.token").await;
        is_refused(at, |now| json!({ "iat": now - 3600 }), "upstream.token").await;
        is_refused(at, |now| json!({ "nbf": now + 3600 }), "upstream.token").await;
    }

    async fn attack_token_beside_another_access_token(at: At) {
        is_refused(at, |_| json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), "upstream.token").await;
    }

    async fn attack_user_of_another_tenant(at: At) {
        let other = |_| json!({ "tid": "99999999-2222-4333-8444-555555555555" });
        is_refused(at, other, "upstream.tenant").await;
        is_refused(at, |_| json!({ "tid": null }), "upstream.tenant").await;
    }

    async fn attack_guest_of_the_tenant(at: At) {
        is_refused(at, |_| json!({ "acct": 1 }), "upstream.guest").await;
        is_refused(at, |_| json!({ "idp": "https://sts.windows.net/other/" }), "upstream.guest").await;
        let called = |_| json!({ "preferred_username": "anna_x.org#EXT#@example.org" });
        is_refused(at, called, "upstream.guest").await;
    }

    async fn a_guest_is_admitted_where_a_setting_says_so(at: At) {
        let (provider, server, anna) = ready(at, "admits_guests = true").await;
        let page = signs_in_there(&server, &anna, &provider, START, &json!({ "acct": 1 })).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn attack_same_email_and_another_person(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        server.reachable("anna", "anna@example.org").await;
        let mallory = server.stranger("mallory");
        let claims = json!({ "email": "anna@example.org", "email_verified": true });
        let page = signs_in_there(&server, &mallory, &provider, START, &claims).await;
        assert_eq!(page.heading(), "This account is not known here yet");
        let (provider, server, anna) = ready(at, "").await;
        let claims = json!({
            "oid": "22222222-bbbb-4bbb-8bbb-222222222222", "email": "anna@example.org",
        });
        let page = signs_in_there(&server, &anna, &provider, START, &claims).await;
        assert_eq!(page.heading(), "This account is not known here yet", "the `sub` is not who it is");
    }

    async fn attack_answer_brought_to_another_browser(at: At) {
        let (provider, server, mallory) = ready(at, "").await;
        let to = goes(&mallory, START).await;
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        let victim = server.stranger("victim");
        let page = victim.visits(&back).await;
        assert_eq!((page.status, page.heading().as_str()), (409, "Begin this sign-in again"));
        goes(&victim, START).await;
        assert_eq!(victim.visits(&back).await.status, 409, "a journey of one's own does not help");
        assert!(is_out(&victim).await);
        assert_eq!(provider.asked("/token"), 1, "nothing was asked with what is nobody's");
    }

    async fn attack_answer_replayed(at: At) {
        let (provider, server, anna) = ready(at, "").await;
        let to = goes(&anna, START).await;
        let kept = anna.browser.copy();
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        assert_eq!(anna.visits(&back).await.path, "/account");
        let copy = anna.at(&kept);
        assert_eq!(copy.visits(&back).await.status, 409);
        // The state is spent, whatever code comes with it.
        let fresh = provider.signs_in(&to, server.clock.now(), &json!({}));
        assert_eq!(copy.visits(&fresh).await.status, 409);
        assert!(is_out(&copy).await);
    }

    async fn attack_code_of_another_journey(at: At) {
        let (provider, server, anna) = ready(at, "").await;
        let mallory = server.stranger("mallory");
        let theirs = goes(&mallory, START).await;
        let injected = provider.signs_in(&theirs, server.clock.now(), &json!({}));
        let code = injected.split("code=").nth(1).and_then(|rest| rest.split('&').next());
        let own = Asked::read(&goes(&anna, START).await);
        let page = anna.visits(&own.back(&[("code", code)])).await;
        assert_eq!((page.status, page.heading().as_str()), (403, "You were not signed in there"));
        assert!(is_out(&anna).await);
    }

    async fn attack_answer_that_comes_too_late(at: At) {
        let (provider, server, anna) = ready(at, "").await;
        let to = goes(&anna, START).await;
        server.clock.turn(Duration::from_mins(15));
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        assert_eq!(anna.visits(&back).await.status, 409);
    }

    async fn attack_mix_up_of_providers(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        provider.names_itself();
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await.elsewhere(&server.base);
        let to = goes(&anna, START).await;
        let asked = Asked::read(&to);
        for iss in [Some("https://attacker.example"), None] {
            let page = anna.visits(&asked.back(&[("code", Some("code-9")), ("iss", iss)])).await;
            assert_eq!((page.status, page.heading().as_str()), (403, "The wrong service answered"));
        }
        assert_eq!(provider.asked("/token"), 1, "the code went nowhere");
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        assert_eq!(anna.visits(&back).await.path, "/account");
    }

    async fn attack_answer_at_the_callback_of_another_provider(at: At) {
        let (entra, other) = (OpenidProvider::entra(TENANT), OpenidProvider::start());
        let both = [entra.settings(""), other.settings("id = \"other\"")];
        let both = both.map(|table| table.trim_matches(['[', ']']).to_owned()).join(", ");
        let server = Server::with(at, &[("upstream", &format!("[{both}]"))]).await;
        let anna = server.stranger("anna");
        let to = goes(&anna, START).await;
        let back = entra.signs_in(&to, server.clock.now(), &json!({}));
        let page = anna.visits(&back.replace("/entra/", "/other/")).await;
        assert_eq!((page.status, page.heading().as_str()), (403, "The wrong service answered"));
        assert_eq!((entra.asked("/token"), other.asked("/token")), (0, 0));
    }

    async fn attack_link_begun_by_another_site(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for site in ["cross-site", "same-site"] {
            let led = |path: &str| {
                let request = anna.browser.request(reqwest::Method::GET, path);
                anna.browser.send(request.header("sec-fetch-site", site))
            };
            let page = led("/upstream/entra/start?purpose=link").await;
            assert_eq!(page.status, 403, "{site}: {}", page.text());
            assert_eq!(led(START).await.location(), Some("/sign-in"), "{site}");
        }
    }

    async fn attack_link_for_the_session_of_another(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let mallory = server.user("mallory").await;
        mallory.signs_in().await;
        let to = goes(&mallory, "/upstream/entra/start?purpose=link").await;
        let kept = mallory.browser.cookies();
        let kept = kept.split("; ").find(|cookie| cookie.contains("-upstream="));
        let anna = server.user("anna").await;
        anna.signs_in().await;
        anna.browser.set_cookie(kept.expect("a cookie"));
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        assert_eq!(anna.visits(&back).await.status, 409);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM upstream_links"), 0);
    }

    async fn attack_callbacks_without_end_lock_the_address(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let settings = provider.settings("");
        let settings = [("upstream", settings.as_str()), ("lockout.address_failures", "5")];
        let server = Server::with(at, &settings).await;
        let mallory = server.stranger("mallory");
        let mut statuses = Vec::new();
        for _ in 0..7 {
            let path = "/upstream/entra/callback?state=x&code=y";
            statuses.push(mallory.browser.get(path).await.status);
        }
        assert_eq!(statuses[..5], [409; 5]);
        assert_eq!(statuses[6], 429, "{statuses:?}");
    }

    async fn attack_open_redirect_through_the_provider(at: At) {
        let (provider, server, anna) = ready(at, "").await;
        let path = "/upstream/entra/start?next=https://evil.example/";
        let page = signs_in_there(&server, &anna, &provider, path, &json!({})).await;
        assert_eq!(page.path, "/account");
    }
}
