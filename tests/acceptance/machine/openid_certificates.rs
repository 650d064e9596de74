//! OpenID clients that prove themselves by the certificate of their connection (RFC 8705 §2.1).

use std::fs;
use std::time::Duration;

use keyward_core::domain::openid_client::{
    CertificateSubject, ClientAuthentication, GrantType, Scope,
};
use keyward_test_support::authority::Authority;
use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use rcgen::{CertificateParams, DistinguishedName, DnType};
use reqwest::{Certificate, Client, Identity};

/// The certificate and key of a client, as one text.
fn certified(
    authority: &Authority,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Identity {
    let mut params = CertificateParams::new(vec![format!("{name}.example.org")]).expect("a name");
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Example, Inc.");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2060, 1, 1);
    change(&mut params);
    Identity::from_pem(authority.signs(params).as_bytes()).expect("a certificate and its key")
}

/// What asks for a token with this certificate, in this client's name: the status, or none where the connection was
/// not taken.
async fn asks(server: &Server, client_id: &str, shown: Option<&Identity>) -> Option<u16> {
    let root = Certificate::from_pem(Authority::trusted().pem().as_bytes()).expect("a certificate");
    let builder = Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_built_in_root_certs(false)
        .add_root_certificate(root);
    let builder = match shown {
        Some(identity) => builder.identity(identity.clone()),
        None => builder,
    };
    let client = builder.build().expect("a client can be built");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
    ];
    let request = client
        .post(format!("{}/oauth2/token", server.base))
        .form(&fields);
    Some(request.send().await.ok()?.status().as_u16())
}

/// A server that asks for certificates of this authority, and a program that has one of this subject.
async fn asking(at: At, authority: &Authority, subject: &str) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authorities.pem");
    fs::write(&file, authority.pem()).expect("the folder is ours");
    let file = format!("\"{}\"", file.display());
    let server = Server::over_tls_with(at, &[("server.tls.client_ca", &file)]).await;
    registers(&server, "robot", subject).await;
    server
}

async fn registers(server: &Server, name: &str, subject: &str) {
    server
        .registers(name, |settings| {
            settings.redirect_uris.clear();
            settings.grants = [GrantType::ClientCredentials].into();
            settings.scopes = [Scope::from_stored("payroll:read")].into();
            let subject = CertificateSubject::parse(subject).expect("a subject");
            settings.authentication = ClientAuthentication::Tls(subject);
        })
        .await;
}

on_every_database! {
    async fn a_program_proves_itself_by_its_certificate_and_by_no_other(at: At) {
        let ours = Authority::named("Authority of the programs");
        let server = asking(at, &ours, "dns:robot.example.org").await;
        registers(&server, "clerk", "dn:CN=clerk,O=Example\\, Inc.").await;
        let robot = certified(&ours, "robot", |_| {});
        let clerk = certified(&ours, "clerk", |_| {});
        assert_eq!(asks(&server, "robot", Some(&robot)).await, Some(200), "by a name of the DNS");
        assert_eq!(asks(&server, "clerk", Some(&clerk)).await, Some(200), "by its subject");
        assert_eq!(asks(&server, "robot", Some(&clerk)).await, Some(401), "somebody else's");
        assert_eq!(asks(&server, "clerk", Some(&robot)).await, Some(401), "somebody else's");
        assert_eq!(asks(&server, "robot", None).await, Some(401), "none");
        let stranger = Authority::named("Authority of the programs");
        let forged = certified(&stranger, "robot", |_| {});
        assert_eq!(asks(&server, "robot", Some(&forged)).await, None, "of another authority");
        let over = certified(&ours, "robot", |params| {
            params.not_before = rcgen::date_time_ymd(2000, 1, 1);
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        });
        assert_eq!(asks(&server, "robot", Some(&over)).await, None, "over");
        // Its connection may last longer than it does.
        server.clock.turn(Duration::from_hours(24 * 365 * 40));
        assert_eq!(asks(&server, "robot", Some(&robot)).await, Some(401), "over by now");
    }

    async fn attack_a_secret_or_a_name_in_place_of_a_certificate(at: At) {
        let ours = Authority::named("Authority of the programs");
        let server = asking(at, &ours, "dns:robot.example.org").await;
        let robot = certified(&ours, "robot", |_| {});
        server.registers("wiki", |_| {}).await;
        server.registers_public("app").await;
        // A certificate proves no client that is known by something else.
        assert_eq!(asks(&server, "wiki", Some(&robot)).await, Some(401));
        let found = server.browser().get("/.well-known/openid-configuration").await.json();
        let ways = found["token_endpoint_auth_methods_supported"].as_array().expect("a list").clone();
        assert!(ways.contains(&"tls_client_auth".into()), "{ways:?}");
        assert_eq!(server.browser().get("/sign-in").await.status, 200, "people have none");
    }

    async fn of_whom_a_certificate_is_stands_in_commands_and_in_files(at: At) {
        let ours = Authority::named("Authority of the programs");
        let server = asking(at, &ours, "dns:robot.example.org").await;
        let does = |arguments: &[&str]| keyward(server.folder(), arguments);
        let shown = |name: &str| does(&["client", "show", name, "--json"]).json()["certificate"].clone();
        assert_eq!(shown("robot"), "dns:robot.example.org");
        let subject = "dn:CN=clerk,O=Example\\, Inc.";
        let file = format!(
            "[[clients]]\nclient_id = \"clerk\"\nname = \"Clerk\"\nauthentication = \"tls_client_auth\"\n\
             certificate = '{subject}'\ngrants = [\"client_credentials\"]\nscopes = [\"payroll:read\"]\n"
        );
        fs::write(server.folder().join("clerk.toml"), file).expect("a file");
        does(&["apply", "clerk.toml"]).done();
        assert_eq!(shown("clerk"), subject);
        let again = does(&["apply", "clerk.toml"]);
        assert_eq!(again.code, Some(0), "nothing is left to do: {again:?}");
        let exported = does(&["export", "--config"]).done();
        assert!(exported.contains("dns:robot.example.org"), "{exported}");
        does(&["client", "set", "robot", "--certificate", "dns:robot.example.net"]).done();
        assert_eq!(shown("robot"), "dns:robot.example.net");
        does(&["client", "set", "robot", "--authentication", "client_secret_basic"]).done();
        assert_eq!(shown("robot"), serde_json::Value::Null);
    }

    async fn who_asks_for_no_certificates_takes_no_client_that_has_one(at: At) {
        let server = Server::start(at).await;
        let found = server.browser().get("/.well-known/openid-configuration").await.json();
        for kind in ["token", "revocation", "introspection"] {
            let ways = found[format!("{kind}_endpoint_auth_methods_supported")].as_array().expect("a list").clone();
            assert!(!ways.contains(&"tls_client_auth".into()), "{kind}: {ways:?}");
        }
        let with = ["--grant", "client_credentials", "--scope", "payroll:read", "--authentication", "tls_client_auth"];
        let add = |more: &[&str]| {
            let arguments = [&["client", "add", "Robot"][..], &with, more].concat();
            keyward(server.folder(), &arguments).refused("openid_client.invalid")
        };
        for (more, expected) in [
            (&["--certificate", "dns:robot.example.org"][..], "server.tls.client_ca"),
            (&[], "of whom the client's certificate is"),
            (&["--certificate", "dns:*.example.org"], "dns:payroll.example.org"),
        ] {
            let said = add(more);
            assert!(said.contains(expected), "{said}");
        }
    }
}
