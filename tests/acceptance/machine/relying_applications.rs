//! Applications that others wrote sign people in, by the lines of `docs/applications/openid-*.md`.

use keyward_actions::openid_client::registered;
use keyward_actions::{group, user};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::openid_client::ClientId;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::command::keyward;
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_applications::{OpenidApplication, Place, client_of, papers};
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

use crate::actions::policy::{SOFT_KEY, believing, import, made_by, registers_attested};
use keyward_test_support::backends::At;

use super::openid::with_an_app;

/// Everything around an application: a server that believes one maker of keys, somebody of `staff` whose mail is
/// known, and a key of that maker that nobody has yet.
struct Scene {
    server: Server,
    anna: Person,
    maker: Maker,
}

impl Scene {
    async fn set(at: At) -> Self {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        let anna = with_an_app(&server, "anna").await;
        let administrator = Administrator::at_command_line();
        let staff = GroupName::from_stored("staff");
        group::create(&server.app, &administrator, staff.clone())
            .await
            .expect("a group");
        let found = user::find_by_name(&server.app, &administrator, "anna").await;
        let id = found.expect("the store answers").expect("anna").id;
        user::change_groups(&server.app, &administrator, id, vec![staff], Vec::new())
            .await
            .expect("a member");
        Self {
            server,
            anna,
            maker,
        }
    }

    /// Adds the client of a paper, at another place: its secret.
    async fn client(&self, paper: &str, place: &Place) -> String {
        let arguments = client_of(paper, place);
        let added = keyward(self.server.folder(), &arguments).json();
        let id = added["client_id"].as_str().expect("an id");
        let id = ClientId::parse(id).expect("an id");
        // The server sees what the command did.
        while registered(&self.server.app, &id)
            .await
            .expect("a database")
            .is_none()
        {}
        added["client_secret"]
            .as_str()
            .expect("a secret")
            .to_owned()
    }

    /// Gets a page for which a hardware key is asked: anna adds one, proves herself by it, and is led back.
    async fn proves_hardware(&self, address: &str) -> Page {
        let page = self.anna.travels(address).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(
            page.heading()
                .contains("asks for a device that you do not have yet"),
            "{}",
            page.text()
        );
        let mut key = SoftAuthenticator::security_key();
        let added = registers_attested(&self.anna, &mut key, &self.maker).await;
        assert_eq!(added.status, 200, "{}", added.body);
        let page = self.anna.travels(address).await;
        assert!(
            page.path.starts_with("/step-up"),
            "{}: {}",
            page.path,
            page.text()
        );
        let next = page
            .path
            .split("next=")
            .nth(1)
            .expect("a way on")
            .to_owned();
        let proved = self.anna.steps_up_with(&mut key, &next).await;
        assert_eq!(proved.status, 200, "{}", proved.body);
        let on = proved.json()["next"].as_str().expect("a way on").to_owned();
        self.anna.travels(&on).await
    }
}

on_every_database! {
    async fn every_paper_adds_a_client_that_is_taken(at: At) {
        let server = Server::start(at).await;
        let administrator = Administrator::at_command_line();
        for name in ["staff", "operators"] {
            let group = GroupName::from_stored(name);
            group::create(&server.app, &administrator, group).await.expect("a group");
        }
        let papers = papers();
        for paper in &papers {
            let place = Place::free();
            let added = keyward(server.folder(), &client_of(paper, &place)).json();
            assert!(added["client_id"].is_string(), "{paper}: {added}");
        }
        assert_eq!(server.events("openid_client.added"), i64::try_from(papers.len()).expect("few"));
    }

    async fn apache_signs_people_in_asks_for_a_hardware_key_and_hears_of_the_end(at: At) {
        let scene = Scene::set(at).await;
        let (server, anna) = (&scene.server, &scene.anna);
        let place = Place::free();
        let secret = scene.client("openid-apache", &place).await;
        let apache = OpenidApplication::apache(place, &server.base, &secret);
        let page = anna.travels(&format!("{}/page?x=1", apache.base)).await;
        assert_eq!(page.status, 200, "{} {}", page.text(), apache.log());
        assert!(page.header("content-type").contains("json"), "{} {}", page.text(), apache.log());
        let told = page.json();
        assert_eq!(told["path"], "/page?x=1");
        let header = |told: &serde_json::Value, name: &str| told["headers"][name][0].as_str().unwrap_or_default().to_owned();
        for (name, value) in [
            ("remote-user", "anna"), ("oidc_claim_acr", "aal2"), ("oidc_claim_email", "anna@example.org"),
            ("oidc_claim_groups", "staff"),
        ] {
            assert_eq!(header(&told, name), value, "{told}");
        }
        for secret in ["oidc_refresh_token", "oidc_access_token"] {
            assert_eq!(header(&told, secret), "", "{told}");
        }
        assert!(!header(&told, "cookie").contains("mod_auth_openidc_session"), "{told}");
        assert_eq!(anna.travels(&format!("{}/staff", apache.base)).await.status, 200);
        let page = scene.proves_hardware(&format!("{}/slips", apache.base)).await;
        assert_eq!(page.status, 200, "{} {}", page.text(), apache.log());
        assert_eq!(header(&page.json(), "oidc_claim_acr"), "phrh");

        // Somebody who has no part in staff, and no key.
        let ben = with_an_app(server, "ben").await;
        assert_eq!(ben.travels(&format!("{}/", apache.base)).await.status, 200);
        assert_eq!(ben.travels(&format!("{}/staff", apache.base)).await.status, 403);

        let out = format!("{}/openid?logout={}", apache.base, urlencoded(&format!("{}/bye", apache.base)));
        let page = ben.travels(&out).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/bye"), "{} {}", page.text(), apache.log());
        assert!(!ben.is_in().await);
        let page = ben.browser.get(&format!("{}/", apache.base)).await;
        assert_eq!(page.status, 302, "{}", page.text());

        // What ends at Keyward ends there.
        anna.signs_out().await;
        apache.turns_away(&anna.browser).await;
    }

    async fn a_stock_django_project_signs_people_in_and_asks_for_a_hardware_key(at: At) {
        let scene = Scene::set(at).await;
        let (server, anna) = (&scene.server, &scene.anna);
        let place = Place::free();
        let secret = scene.client("openid-django", &place).await;
        let django = OpenidApplication::django(place, &server.base, &secret);
        let address = |path: &str| format!("{}{path}", django.base);
        assert_eq!(anna.travels(&address("/")).await.body, "nobody ");
        let page = anna.travels(&address("/oidc/authenticate/")).await;
        assert_eq!((page.status, page.body.as_str()), (200, "anna aal2"), "{}", django.log());
        let admin = anna.travels(&address("/admin/")).await;
        assert!(admin.text().contains("Site administration"), "{}", admin.text());
        let page = scene.proves_hardware(&address("/slips")).await;
        assert_eq!((page.status, page.body.as_str()), (200, "slips"), "{}", django.log());
        assert_eq!(anna.travels(&address("/")).await.body, "anna phrh");

        let ben = with_an_app(server, "ben").await;
        assert_eq!(ben.travels(&address("/oidc/authenticate/")).await.body, "ben aal2");
        assert!(!ben.travels(&address("/admin/")).await.text().contains("Site administration"));
        let page = ben.travels(&address("/slips")).await;
        assert_eq!(page.status, 403, "{}", page.text());

        let form = admin.form("Log out");
        let token = form.fields.iter().find(|(name, _)| name == "csrfmiddlewaretoken").expect("one");
        let out = anna.browser.request(reqwest::Method::POST, &address("/oidc/logout/"));
        let out = out.form(&[("csrfmiddlewaretoken", token.1.as_str())]);
        let answer = anna.browser.send(out.header("referer", address("/"))).await;
        let to = answer.location().expect("a way out");
        let page = anna.travels(to).await;
        assert_eq!((page.status, page.body.as_str()), (200, "nobody "), "{}", django.log());
        assert!(!anna.is_in().await);
    }

    async fn jupyterhub_lets_a_group_in_and_nobody_else(at: At) {
        let scene = Scene::set(at).await;
        let (server, anna) = (&scene.server, &scene.anna);
        let place = Place::free();
        let secret = scene.client("openid-jupyterhub", &place).await;
        let hub = OpenidApplication::jupyterhub(place, &server.base, &secret);
        let page = anna.travels(&format!("{}/hub/home", hub.base)).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/hub/home"), "{} {}", page.text(), hub.log());
        assert!(page.text().contains("anna"), "{}", page.text());
        let ben = with_an_app(server, "ben").await;
        let page = ben.travels(&format!("{}/hub/home", hub.base)).await;
        assert_eq!(page.status, 403, "{} {}", page.text(), hub.log());
    }
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
