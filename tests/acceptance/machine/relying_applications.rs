//! Applications that others wrote sign people in, by the lines of `docs/applications/openid-*.md`.

use keyward_actions::{group, user};
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::command::keyward;
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_applications::{OpenidApplication, Place, client_of};
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

use url::Url;

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
    fn client(&self, paper: &str, place: &Place) -> String {
        let arguments = client_of(paper, place);
        let added = keyward(self.server.folder(), &arguments).json();
        added["client_secret"]
            .as_str()
            .expect("a secret")
            .to_owned()
    }

    /// Gets a page for which a hardware key is asked: anna adds one, proves herself by it, and is led back.
    async fn proves_hardware(&self, address: &str) -> Page {
        let page = goes(&self.anna, address).await;
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
        let page = goes(&self.anna, address).await;
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
        goes(&self.anna, &on).await
    }
}

/// Where a page leads by itself: by a redirect, or as Apache's module does it behind a refusal.
fn leads_on(page: &Page) -> Option<String> {
    if let Some(to) = page.location() {
        return Some(to.to_owned());
    }
    let (_, after) = page
        .body
        .split_once("http-equiv=\"refresh\" content=\"0; url=")?;
    let (to, _) = after.split_once('"')?;
    Some(to.replace("&amp;", "&"))
}

/// Goes to an address, of whatever host, and from there wherever it is led.
async fn goes(person: &Person, address: &str) -> Page {
    let mut address = Url::parse(&person.browser.origin())
        .expect("an origin")
        .join(address)
        .expect("an address");
    for _ in 0..10 {
        let page = person.browser.get(address.as_str()).await;
        let Some(to) = leads_on(&page) else {
            return page;
        };
        address = address.join(&to).expect("an address");
    }
    panic!("{address} is on a circle");
}

on_every_database! {
    async fn apache_signs_people_in_asks_for_a_hardware_key_and_hears_of_the_end(at: At) {
        let scene = Scene::set(at).await;
        let (server, anna) = (&scene.server, &scene.anna);
        let place = Place::free();
        let secret = scene.client("openid-apache", &place);
        let apache = OpenidApplication::apache(place, &server.base, &secret);
        let page = goes(anna, &format!("{}/page?x=1", apache.base)).await;
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
        assert_eq!(goes(anna, &format!("{}/staff", apache.base)).await.status, 200);
        let page = scene.proves_hardware(&format!("{}/slips", apache.base)).await;
        assert_eq!(page.status, 200, "{} {}", page.text(), apache.log());
        assert_eq!(header(&page.json(), "oidc_claim_acr"), "phrh");

        // Somebody who has no part in staff, and no key.
        let ben = with_an_app(server, "ben").await;
        assert_eq!(goes(&ben, &format!("{}/", apache.base)).await.status, 200);
        assert_eq!(goes(&ben, &format!("{}/staff", apache.base)).await.status, 403);

        let out = format!("{}/openid?logout={}", apache.base, urlencoded(&format!("{}/bye", apache.base)));
        let page = goes(&ben, &out).await;
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
        let secret = scene.client("openid-django", &place);
        let django = OpenidApplication::django(place, &server.base, &secret);
        let address = |path: &str| format!("{}{path}", django.base);
        assert_eq!(goes(anna, &address("/")).await.body, "nobody ");
        let page = goes(anna, &address("/oidc/authenticate/")).await;
        assert_eq!((page.status, page.body.as_str()), (200, "anna aal2"), "{}", django.log());
        let admin = goes(anna, &address("/admin/")).await;
        assert!(admin.text().contains("Site administration"), "{}", admin.text());
        let page = scene.proves_hardware(&address("/slips")).await;
        assert_eq!((page.status, page.body.as_str()), (200, "slips"), "{}", django.log());
        assert_eq!(goes(anna, &address("/")).await.body, "anna phrh");

        let ben = with_an_app(server, "ben").await;
        assert_eq!(goes(&ben, &address("/oidc/authenticate/")).await.body, "ben aal2");
        assert!(!goes(&ben, &address("/admin/")).await.text().contains("Site administration"));
        let page = goes(&ben, &address("/slips")).await;
        assert_eq!(page.status, 403, "{}", page.text());

        let form = admin.form("Log out");
        let token = form.fields.iter().find(|(name, _)| name == "csrfmiddlewaretoken").expect("one");
        let out = anna.browser.request(reqwest::Method::POST, &address("/oidc/logout/"));
        let out = out.form(&[("csrfmiddlewaretoken", token.1.as_str())]);
        let answer = anna.browser.send(out.header("referer", address("/"))).await;
        let to = answer.location().expect("a way out");
        let page = goes(anna, to).await;
        assert_eq!((page.status, page.body.as_str()), (200, "nobody "), "{}", django.log());
        assert!(!anna.is_in().await);
    }
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
