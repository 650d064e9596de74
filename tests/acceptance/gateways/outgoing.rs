//! Calls that go out to addresses that somebody typed: which are made, what certificates are taken,
//! and what is said when nobody is reached.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::console::at_console;
use keyward_test_support::authority::Authority;
use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::on_every_database;
use keyward_test_support::process;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::tls_front;

/// Addresses of this machine's surroundings, in spellings that lead there.
const SURROUNDINGS: [&str; 9] = [
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://100.100.100.200/",
];

/// A validation server behind TLS, whose certificate an authority of its own signed: its address
/// and the authority's file.
fn private(server: &HostileServer, folder: &Path, authority: &Authority) -> (String, PathBuf) {
    let [certificate, key, ca] =
        ["front.pem", "front.key", "front-ca.pem"].map(|name| folder.join(name));
    authority.certify(&certificate, &key);
    fs::write(&ca, authority.pem()).expect("a file");
    let port = tls_front::start(&certificate, &key, server.address());
    (format!("https://localhost:{port}/wsapi/2.0/verify"), ca)
}

fn table(url: &str, more: &str) -> String {
    let key = HostileServer::api_key_base64();
    format!(
        "[{{ name = \"main\", urls = [\"{url}\"], client_id = 7, api_key = \"{key}\", \
         timeout = \"10s\"{more} }}]"
    )
}

/// Where somebody speaks first, and no TLS.
fn greeting() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Who does not like it hangs up.
            let _ = stream.write_all(b"220 mail.example.org ESMTP\r\n");
        }
    });
    address
}

/// What `check` says about the service, where it is wrong.
fn complaint(server: &Server, code: &str) -> String {
    let said = keyward(server.folder(), &["check"]);
    let lines: Vec<String> = said
        .out
        .lines()
        .filter(|line| line.contains("validation service"))
        .map(str::to_owned)
        .collect();
    said.refused(code);
    lines.join("\n")
}

on_every_database! {
    async fn a_private_authority_is_believed_by_the_service_that_names_it_and_by_no_other(at: At) {
        let truth = HostileServer::start(Lie::Truth);
        let authority = Authority::named("Authority of the organisation");
        let folder = process::folder("private");
        let (url, ca) = private(&truth, &folder, &authority);
        let server = Server::start(at).await;
        let key = HostileServer::api_key_base64();
        let add = |name, more: &[&str]| {
            let words = ["validation", "service", "add", name, "--url", &url, "--client-id", "7",
                "--api-key-stdin"];
            keyward_reads(server.folder(), &[&words[..], more].concat(), &key)
        };
        add("bare", &[]).done();
        let garbage = folder.join("garbage.pem");
        fs::write(&garbage, "hello").expect("a file");
        let refused = add("other", &["--ca-file", &garbage.display().to_string()]);
        assert!(refused.refused("command.input").contains("no certificates"));
        add("private", &["--ca-file", &ca.display().to_string()]).done();
        let list = keyward(server.folder(), &["--json", "validation", "service", "list"]).json();
        assert_eq!((&list[0]["own_ca"], &list[1]["own_ca"]), (&false.into(), &true.into()));
        let test = |name| {
            let touch = SoftYubikey::numbered(1).touch();
            let words = ["validation", "service", "test", name];
            keyward_reads(server.folder(), &words, &touch)
        };
        assert!(test("private").done().contains("OK"));
        assert!(test("bare").out.contains("unknown_authority"));
        let said = keyward(server.folder(), &["check"]);
        assert!(said.out.contains("authority that is not trusted"), "{}", said.out);
        assert!(said.out.contains("ca_file"), "{}", said.out);
        assert_eq!(truth.questions().len(), 2, "somebody asked without trusting");
    }

    async fn the_settings_name_an_authority_by_its_file(at: At) {
        let refusing = HostileServer::start(Lie::Status("BAD_OTP"));
        let authority = Authority::named("Authority of the organisation");
        let folder = process::folder("private");
        let (url, ca) = private(&refusing, &folder, &authority);
        let more = format!(", ca_file = \"{}\"", ca.display());
        let server = Server::with(at, &[("yubikey.services", &table(&url, &more))]).await;
        let said = keyward(server.folder(), &["check"]).done();
        assert!(said.contains("fine: validation service main"), "{said}");
    }

    async fn the_console_takes_an_authority_and_says_what_stands_in_the_way(at: At) {
        let truth = HostileServer::start(Lie::Truth);
        let authority = Authority::named("Authority of the organisation");
        let (url, _) = private(&truth, &process::folder("private"), &authority);
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/services/new").await;
        let key = HostileServer::api_key_base64();
        let form = page.form("Save").fill("Name", "Ours").fill("Addresses", &url)
            .fill("Client ID", "7").fill("API key", &key);
        let refused = anna.browser.submit(&page, &form.clone().fill("CA certificates", "x")).await;
        assert_eq!(refused.status, 400);
        let added = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(added).await;
        let test = page.form("Test").fill("YubiKey", &SoftYubikey::numbered(1).touch());
        let tested = anna.browser.submit(&page, &test).await;
        assert!(tested.text().contains("signed by nobody we trust"), "{}", tested.text());
        let save = page.form("Save").fill("CA certificates", &authority.pem());
        let saved = anna.browser.submit(&page, &save).await;
        let page = anna.browser.follow(saved).await;
        let test = page.form("Test").fill("YubiKey", &SoftYubikey::numbered(1).touch());
        let tested = anna.browser.submit(&page, &test).await;
        assert!(tested.notice().contains("confirmed the touch"), "{}", tested.text());
    }

    async fn what_stands_in_the_way_of_a_service_is_said_in_words(at: At) {
        let broken = HostileServer::start(Lie::Reset);
        let authority = Authority::named("Authority of the organisation");
        let (url, ca) = private(&broken, &process::folder("private"), &authority);
        let trusts = format!(", ca_file = \"{}\"", ca.display());
        let (other_name, plain) = (url.replace("localhost", "127.0.0.1"), greeting());
        let nobody = format!("http://127.0.0.1:{}/", process::free_port());
        for (url, more, words) in [
            (nobody.as_str(), "", "nothing listens there"),
            ("http://nobody.invalid/", "", "no address is known"),
            (&other_name, trusts.as_str(), "for another name"),
            (&url, "", "not trusted"),
            (&format!("https://{plain}/"), "", "does not speak TLS"),
            ("http://169.254.169.254/", "", "never asked"),
        ] {
            let server = Server::with(at, &[("yubikey.services", &table(url, more))]).await;
            let said = complaint(&server, "validation_service.unreachable");
            assert!(said.contains(words), "{url}: {said}");
        }
    }

    async fn a_service_that_knows_another_client_or_another_key_is_told_apart(at: At) {
        for (lie, word, mend) in [
            (Lie::UnsignedNoSuchClient, "NO_SUCH_CLIENT", "client_id"),
            (Lie::BareStatus("NO_SUCH_CLIENT"), "NO_SUCH_CLIENT", "client_id"),
            (Lie::BareStatus("BAD_SIGNATURE"), "BAD_SIGNATURE", "api_key"),
        ] {
            let refusing = HostileServer::start(lie);
            let services = table(&refusing.url(), "");
            let server = Server::with(at, &[("yubikey.services", &services)]).await;
            let said = complaint(&server, "validation_service.refuses");
            assert!(said.contains(word) && said.contains(mend), "{said}");
            let touch = SoftYubikey::numbered(1).touch();
            let words = ["validation", "service", "test", "main"];
            let tested = keyward_reads(server.folder(), &words, &touch);
            assert!(tested.out.contains(word), "{}", tested.out);
            tested.refused("validation_service.refuses");
        }
    }

    async fn what_a_service_does_wrong_is_said_in_words_with_what_mends_it(at: At) {
        for (lie, words, mend) in [
            (Lie::HttpStatus(500), "out of order (HTTP 500)", "own log"),
            (Lie::HttpStatus(404), "HTTP 404", "path of its address"),
            (Lie::HttpStatus(403), "does not let us in", "lets this machine ask"),
            (Lie::Redirect("http://127.0.0.1:9/".to_owned()), "sends us elsewhere", "leads to"),
            (Lie::Html, "no answer of a validation service", "path of its address"),
            (Lie::OtherNonce, "another question than ours", "between us"),
            (Lie::Unsigned, "did not sign", "client_id"),
            (Lie::OtherKey, "another API key than ours", "api_key"),
            (Lie::Truth, "that no key made", "do not use it"),
            (Lie::BareStatus("BACKEND_ERROR"), "it is out of order", "own log"),
            (Lie::BareStatus("NOT_ENOUGH_ANSWERS"), "too few of its peers", "`sl`"),
        ] {
            let lying = HostileServer::start(lie.clone());
            let services = table(&lying.url(), "");
            let server = Server::with(at, &[("yubikey.services", &services)]).await;
            let said = complaint(&server, "validation_service.unreachable");
            assert!(said.contains(words) && said.contains(mend), "{lie:?}: {said}");
        }
    }

    async fn no_service_leads_into_this_machines_surroundings(at: At) {
        let server = Server::start(at).await;
        for url in SURROUNDINGS {
            let add = ["validation", "service", "add", "main", "--url", url, "--client-id", "7"];
            let refused = keyward(server.folder(), &add).refused("validation_service.invalid");
            assert!(refused.contains("never asked"), "{url}: {refused}");
        }
    }

    async fn no_metadata_is_fetched_from_this_machines_surroundings_nor_by_a_redirect(at: At) {
        for url in SURROUNDINGS {
            let server = Server::with(at, &[("metadata.url", &format!("\"{url}\""))]).await;
            let said = keyward(server.folder(), &["metadata", "update"]);
            let line = said.refused("metadata.unreachable");
            assert!(line.contains("never asked"), "{url}: {line}");
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("an address");
            let sending = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("a caller");
                let _ = stream.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).expect("it listens");
            });
            let here = format!("\"http://{address}/\"");
            let server = Server::with(at, &[("metadata.url", &here)]).await;
            let line = keyward(server.folder(), &["metadata", "update"]).refused("metadata.unreachable");
            assert!(line.contains("never asked"), "{url}: {line}");
            sending.join().expect("it answered");
        }
    }
}
