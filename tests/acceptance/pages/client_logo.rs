//! The picture and the name of the application that somebody is on the way to.

use serde_json::json;

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::RelyingParty;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

const LOGO: &str = "https://static.example.org:8443/wiki/logo.svg?v=2";

async fn wiki(server: &Server) -> RelyingParty {
    let change = |settings: &mut keyward_core::domain::openid_client::ClientSettings| {
        settings.logo_uri = LOGO.parse().ok();
        settings.asks_consent = true;
    };
    server.registers("wiki", change).await
}

/// The sources of pictures that a page's policy allows.
fn pictures(page: &Page) -> String {
    let policy = page.header("content-security-policy");
    let mut directives = policy.split(';').map(str::trim);
    let pictures = directives.find_map(|one| one.strip_prefix("img-src "));
    pictures.expect("a policy of pictures").to_owned()
}

on_every_database! {
    async fn the_sign_in_and_the_consent_show_the_application_and_allow_its_picture_alone(at: At) {
        let server = Server::start(at).await;
        let wiki = wiki(&server).await;
        let anna = server.user("anna").await;
        let plain = pictures(&anna.visits("/sign-in").await);
        assert_eq!(plain, "'self' data:");
        let page = wiki.sends(&anna, &[]).await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.path);
        assert!(page.text().contains("Then you go on to wiki"), "{}", page.text());
        let picture = |page: &Page| {
            let img = page.body.split("<img ").nth(1).expect("a picture");
            img.split('>').next().expect("its end").to_owned()
        };
        let told = picture(&page);
        assert!(told.contains(&format!("src=\"{LOGO}\"")) && told.contains("referrerpolicy=\"no-referrer\""), "{told}");
        assert_eq!(pictures(&page), "'self' https://static.example.org:8443 data:");
        for directive in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(page.header("content-security-policy").contains(directive), "{directive}");
        }
        // Every other page allows what it allowed.
        for path in ["/sign-in", "/sign-in?method=pass", "/recover"] {
            assert_eq!(pictures(&anna.visits(path).await), plain, "{path}");
        }
        anna.signs_in().await;
        let page = wiki.sends(&anna, &[]).await;
        assert!(page.text().contains("Go on to wiki?"), "{}", page.text());
        assert!(picture(&page).contains(LOGO));
        assert_eq!(pictures(&page), "'self' https://static.example.org:8443 data:");
    }

    async fn a_way_that_leads_to_no_client_shows_none(at: At) {
        let server = Server::start(at).await;
        wiki(&server).await;
        let anna = server.user("anna").await;
        for next in ["%2Foauth2%2Fauthorize%3Fclient_id%3Dnobody", "%2Faccount%3Fclient_id%3Dwiki",
            "https%3A%2F%2Fevil.example.org%2Foauth2%2Fauthorize%3Fclient_id%3Dwiki", "%2Foauth2%2Fauthorize%3Fclient_id%3D%2500"] {
            let page = anna.visits(&format!("/sign-in?next={next}")).await;
            assert!(!page.body.contains("<img ") && !page.text().contains("go on to"), "{next}: {}", page.text());
            assert_eq!(pictures(&page), "'self' data:", "{next}");
        }
    }

    /// A host may hold a `;` in an address, and begins a directive where it stands in a policy.
    async fn attack_a_picture_writes_into_the_policy_of_the_sign_in(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let new = |logo: &str| json!({ "name": "Wiki", "client_id": "wiki", "redirect_uris": ["https://wiki.example.org/cb"], "logo_uri": logo });
        for logo in ["https://a;script-src.example.org/x", "http://wiki.example.org/x", "https://a,b.example.org/x",
            "https://wiki:pass@example.org/x", "data:image/svg+xml,x", "//wiki.example.org/x", "https://'self'.example.org/x"] {
            let answer = program.posts("/clients", &new(logo)).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "openid_client.invalid"), "{logo}: {}", answer.body);
        }
        let long = format!("https://wiki.example.org/{}", "x".repeat(2048));
        assert_eq!(program.posts("/clients", &new(&long)).await.status, 400);
        let redirect = json!({ "name": "Wiki", "redirect_uris": ["https://a;form-action.example.org/cb"] });
        assert_eq!(program.posts("/clients", &redirect).await.code(), "openid_client.invalid");
        // One that came into its row in another way is not shown.
        assert_eq!(program.posts("/clients", &new("https://wiki.example.org/x")).await.status, 201);
        server.database.execute("UPDATE openid_client_values SET value = 'https://a;script-src.example.org/x' WHERE kind = 'logo_uri'");
        let other = server.sibling().await;
        let page = Client::new(&other.base).get("/sign-in?next=%2Foauth2%2Fauthorize%3Fclient_id%3Dwiki").await;
        assert!(page.text().contains("go on to Wiki"), "{}", page.text());
        assert!(!page.body.contains("<img ") && pictures(&page) == "'self' data:", "{}", page.body);
    }
}
