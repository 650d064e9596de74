//! FIDO metadata: what is taken into use, what is refused and why, and what people see of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use keyward_test_support::command::{Said, keyward};
use keyward_test_support::metadata::{MetadataService, PIXEL, day, edition, model, with_status};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const SOFT_KEY: [u8; 16] = *b"soft-usb-key-001";
const SOFT_KEY_ID: &str = "736f6674-2d75-7362-2d6b-65792d303031";

/// A server that believes this service.
async fn believing(at: keyward_test_support::backends::At, service: &MetadataService) -> Server {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let roots = folder.join("roots.pem");
    fs::write(&roots, service.root_pem()).expect("a file");
    let roots = format!("\"{}\"", roots.display());
    Server::with(at, &[("metadata.roots", &roots)]).await
}

fn import(server: &Server, blob: &str) -> Said {
    let file = server.folder().join("blob.jwt");
    fs::write(&file, blob).expect("a file");
    keyward(server.folder(), &["metadata", "import", "blob.jwt"])
}

fn serial(server: &Server) -> i64 {
    server
        .database
        .number("SELECT serial FROM metadata_edition")
}

on_every_database! {
    async fn an_edition_is_taken_into_use_and_shown(at: At) {
        for service in [MetadataService::generate(), MetadataService::with_rsa()] {
            let server = believing(at, &service).await;
            let status = keyward(server.folder(), &["metadata", "status"]).done();
            assert_eq!(status, "There is no metadata\n");
            let key = with_status(model(SOFT_KEY, "Soft Key One"), "FIDO_CERTIFIED_L2");
            let said = import(&server, &service.blob(&edition(7, &[key]))).done();
            assert_eq!(said, "Metadata no. 7 with 1 models was taken into use\n");
            let arguments = ["--json", "metadata", "show", SOFT_KEY_ID];
            let shown = keyward(server.folder(), &arguments).json();
            assert_eq!(shown["name"], "Soft Key One");
            assert_eq!(shown["certification"], "L2");
            assert_eq!(shown["statuses"], json!(["FIDO_CERTIFIED_L1", "FIDO_CERTIFIED_L2"]));
            assert_eq!(shown["key_protection"], json!(["hardware", "secure_element"]));
            assert_eq!(shown["entry"]["metadataStatement"]["protocolFamily"], "fido2");
            let status = keyward(server.folder(), &["metadata", "status"]).done();
            assert!(status.starts_with("no. 7, 1 models, imported "), "{status}");
            let unknown = ["metadata", "show", "00000000-0000-0000-0000-000000000001"];
            keyward(server.folder(), &unknown).refused("metadata.unknown_model");
            let built_in = ["metadata", "show", "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"];
            assert!(keyward(server.folder(), &built_in).done().contains("Apple Passwords"));
            assert_eq!(server.trail("metadata.imported"), ["done"]);
        }
    }

    async fn what_nobody_vouches_for_changes_nothing_and_says_why(at: At) {
        let service = MetadataService::generate();
        let server = believing(at, &service).await;
        let payload = edition(3, &[model(SOFT_KEY, "Soft Key One")]);
        let good = service.blob(&payload);
        import(&server, &good).done();
        let next = edition(4, &[model(SOFT_KEY, "Forged")]);
        let (head, signature) = good.rsplit_once('.').expect("three parts");
        let forged = service.blob(&next);
        let (forged_head, _) = forged.rsplit_once('.').expect("three parts");
        let stranger = MetadataService::generate();
        let mut borrowed = stranger.header();
        borrowed["x5c"] = service.header()["x5c"].clone();
        let mut unsigned = service.header();
        unsigned["alg"] = json!("none");
        let mut bare = service.header();
        bare["x5c"] = json!([]);
        let mut critical = service.header();
        critical["crit"] = json!(["b64"]);
        let mut late = next.clone();
        late["nextUpdate"] = json!(day(-1));
        let mut older = next.clone();
        older["no"] = json!(2);
        let mut other = payload.clone();
        other["legalHeader"] = json!("Another text of the same number.");
        let cases = [
            ("metadata.signature", stranger.blob(&next), "the chain does not hold"),
            ("metadata.signature", stranger.blob_with(&borrowed, &next), "not the signer's"),
            ("metadata.signature", format!("{forged_head}.{signature}"), "not the signer's"),
            ("metadata.malformed", service.blob_with(&unsigned, &next), "with none of RS256"),
            ("metadata.malformed", service.blob_with(&bare, &next), "x5c"),
            ("metadata.malformed", service.blob_with(&critical, &next), "extensions"),
            ("metadata.malformed", head.to_owned(), "three parts"),
            ("metadata.malformed", "\u{0}\u{fffd} garbage".to_owned(), "three parts"),
            ("metadata.malformed", service.blob(&json!({ "no": 9 })), "payload"),
            ("metadata.overdue", service.blob(&late), "was due"),
            ("metadata.older", service.blob(&older), "no. 2 was offered, no. 3 is in use"),
            ("metadata.older", service.blob(&other), "no. 3 is in use"),
        ];
        let count = cases.len();
        for (code, blob, why) in cases {
            let line = import(&server, &blob).refused(code);
            assert!(line.contains(why), "{line} does not say {why}");
            assert_eq!(serial(&server), 3, "{line}");
        }
        let shown = keyward(server.folder(), &["metadata", "show", SOFT_KEY_ID]).done();
        assert!(shown.contains("Soft Key One"), "{shown}");
        assert_eq!(server.trail("metadata.imported").len(), 1 + count);
        // The same once more is no mistake.
        let again = import(&server, &good).done();
        assert_eq!(again, "Metadata no. 3 with 1 models was in use already\n");
        assert_eq!(server.events("metadata.imported"), 1);
    }

    async fn a_signer_whose_certificate_is_over_is_not_believed(at: At) {
        let service = MetadataService::expired();
        let server = believing(at, &service).await;
        let line = import(&server, &service.blob(&edition(1, &[]))).refused("metadata.signature");
        assert!(line.to_lowercase().contains("expired"), "{line}");
        assert_eq!(serial(&server), -1);
    }

    async fn without_roots_of_ones_own_only_the_fido_alliance_is_believed(at: At) {
        let server = Server::start(at).await;
        import(&server, &MetadataService::generate().blob(&edition(1, &[])))
            .refused("metadata.signature");
    }

    async fn a_signer_of_another_name_is_not_believed_where_the_settings_name_one(at: At) {
        let service = MetadataService::generate();
        for (signer, believed) in [("mds.example.org", true), ("mds.example.com", false)] {
            let roots = tempfile::NamedTempFile::new().expect("a file");
            fs::write(roots.path(), service.root_pem()).expect("a file");
            let path = format!("\"{}\"", roots.path().display());
            let name = format!("\"{signer}\"");
            let settings = [("metadata.roots", path.as_str()), ("metadata.signer", &name)];
            let server = Server::with(at, &settings).await;
            let said = import(&server, &service.blob(&edition(1, &[])));
            match believed {
                true => drop(said.done()),
                false => drop(said.refused("metadata.signature")),
            }
        }
    }

    async fn a_signer_whose_certificate_was_revoked_is_not_believed(at: At) {
        let service = MetadataService::generate();
        let folder = tempfile::tempdir().expect("a folder");
        let [roots, lists] = ["roots.pem", "revoked.pem"].map(|name| folder.path().join(name));
        fs::write(&roots, service.root_pem()).expect("a file");
        fs::write(&lists, service.revocations(false, false)).expect("a file");
        let [roots_path, lists_path] = [&roots, &lists].map(|path| format!("\"{}\"", path.display()));
        let settings = [("metadata.roots", roots_path.as_str()), ("metadata.revoked", &lists_path)];
        let server = Server::with(at, &settings).await;
        import(&server, &service.blob(&edition(1, &[]))).done();
        for (is_revoked, is_overdue, why) in [(true, false, "revoked"), (false, true, "expired")] {
            fs::write(&lists, service.revocations(is_revoked, is_overdue)).expect("a file");
            let line = import(&server, &service.blob(&edition(2, &[]))).refused("metadata.signature");
            assert!(line.to_lowercase().contains(why), "{line}");
        }
        fs::write(&lists, "no list").expect("a file");
        import(&server, &service.blob(&edition(2, &[]))).refused("settings.invalid");
        // One that somebody else signed in the authority's name.
        fs::write(&lists, MetadataService::generate().revocations(true, false)).expect("a file");
        import(&server, &service.blob(&edition(2, &[]))).refused("metadata.signature");
        assert_eq!(serial(&server), 1);
    }

    async fn roots_and_revocation_lists_are_read_in_der_too(at: At) {
        let service = MetadataService::generate();
        let folder = tempfile::tempdir().expect("a folder");
        let [roots, lists] = ["root.cer", "revoked.crl"].map(|name| folder.path().join(name));
        let der = |pem: String| x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("PEM").1.contents;
        fs::write(&roots, service.root_der()).expect("a file");
        fs::write(&lists, der(service.revocations(false, false))).expect("a file");
        let [roots_path, lists_path] = [&roots, &lists].map(|path| format!("\"{}\"", path.display()));
        let settings = [("metadata.roots", roots_path.as_str()), ("metadata.revoked", &lists_path)];
        let server = Server::with(at, &settings).await;
        import(&server, &service.blob(&edition(1, &[]))).done();
        fs::write(&lists, der(service.revocations(true, false))).expect("a file");
        let line = import(&server, &service.blob(&edition(2, &[]))).refused("metadata.signature");
        assert!(line.to_lowercase().contains("revoked"), "{line}");
        fs::write(&lists, [0x30, 0x82, 0, 1, 0]).expect("a file");
        import(&server, &service.blob(&edition(2, &[]))).refused("settings.invalid");
    }

    async fn an_odd_entry_is_skipped_and_said_and_the_others_are_taken(at: At) {
        let service = MetadataService::generate();
        let server = believing(at, &service).await;
        let mut odd = model(*b"odd-key-00000001", "Odd");
        odd["statusReports"] = json!([{ "status": "REVOKED", "effectiveDate": "yesterday" }]);
        let mut timed = model(SOFT_KEY, "Soft Key One");
        timed["statusReports"][0]["effectiveDate"] = json!("2020-01-01T00:00:00.000Z");
        timed["metadataStatement"]["icon"] = json!(null);
        let again = with_status(model(SOFT_KEY, "Twin"), "REVOKED");
        let blob = service.blob(&edition(8, &[json!(null), odd, timed, again]));
        let said = import(&server, &blob).done();
        assert!(said.starts_with("Metadata no. 8 with 1 models was taken into use\n"), "{said}");
        let odd_id = uuid::Uuid::from_bytes(*b"odd-key-00000001");
        for line in [
            "skipped entry 0: ".to_owned(),
            format!("skipped entry 1 ({odd_id}): effectiveDate is no day"),
            format!("skipped entry 3 ({SOFT_KEY_ID}): the model is in it already"),
        ] {
            assert!(said.contains(&line), "{said} does not say {line}");
        }
        let shown = keyward(server.folder(), &["--json", "metadata", "show", SOFT_KEY_ID]).json();
        assert_eq!(shown["name"], "Soft Key One");
        assert!(shown["statuses"].as_array().expect("words").contains(&json!("REVOKED")));
        let told = server
            .database
            .lines("SELECT detail AS line FROM events WHERE kind = 'metadata.imported'");
        let detail: serde_json::Value = serde_json::from_str(&told[0]).expect("JSON");
        assert_eq!(detail["case"], "metadata");
        let numbers = ["serial", "models", "skipped"].map(|name| detail[name].as_u64());
        assert_eq!(numbers, [8, 1, 3].map(Some));
        assert!(detail["first"][0].as_str().is_some_and(|first| first.starts_with("entry 0")));
    }

    /// Other spellings of the same, and everything of JSON that one entry alone can spoil.
    async fn blobs_of_other_hands_are_read_and_one_entry_spoils_no_other(at: At) {
        let service = MetadataService::with_rsa();
        let server = believing(at, &service).await;
        let certificate = service.header()["x5c"][0].as_str().expect("base64").to_owned();
        let spellings = [
            certificate.trim_end_matches('=').to_owned(),
            certificate.replace('+', "-").replace('/', "_"),
            certificate.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n").collect(),
        ];
        let mut serial = 10;
        let good = [model(SOFT_KEY, "Soft Key One")];
        for spelling in spellings {
            let mut header = service.header();
            header["x5c"][0] = json!(spelling);
            serial += 1;
            import(&server, &service.blob_with(&header, &edition(serial, &good))).done();
        }
        for algorithm in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
            serial += 1;
            let blob = service.blob_signed_as(algorithm, &edition(serial, &good));
            import(&server, &blob).done();
            // The same signature under another name.
            let mut header = service.header();
            header["alg"] = json!(algorithm);
            let mislabelled = service.blob_with(&header, &edition(serial + 100, &good));
            import(&server, &mislabelled).refused("metadata.signature");
        }
        serial += 1;
        let marked = format!("\u{feff}{}\r\n", service.blob(&edition(serial, &good)));
        import(&server, &marked).done();

        let mut payload = edition(serial + 1, &good).to_string().into_bytes();
        let odd: [&[u8]; 5] = [
            br#"{"aaguid":"00000000-0000-0000-0000-00000000000a","x":1e999}"#,
            br#"{"aaguid":"00000000-0000-0000-0000-00000000000b","x":"\ud800"}"#,
            &[b"{\"x\":".as_slice(), &[b'['; 4000], &[b']'; 4000], b"}"].concat(),
            b"{\"aaguid\":\"00000000-0000-0000-0000-00000000000c\",\"x\":\"caf\xe9\"}",
            br#"{"aaguid":"00000000-0000-0000-0000-000000000000","statusReports":[]}"#,
        ];
        let list = b"\"entries\":[";
        let found = payload.windows(list.len()).position(|part| part == list);
        let place = found.expect("the entries") + list.len();
        for one in odd {
            let with_comma = [one, b","].concat();
            payload.splice(place..place, with_comma);
        }
        let said = import(&server, &service.blob_of(&payload)).done();
        assert!(said.contains("with 2 models was taken into use"), "{said}");
        for skipped in ["entry 2: ", "entry 3", "entry 4"] {
            assert!(said.contains(&format!("skipped {skipped}")), "{said} does not say {skipped}");
        }
        let shown = keyward(server.folder(), &["metadata", "show", SOFT_KEY_ID]).done();
        assert!(shown.contains("Soft Key One"), "{shown}");
    }

    async fn an_update_fetches_from_the_address_of_the_settings(at: At) {
        let service = MetadataService::generate();
        let blob = service.blob(&edition(5, &[model(SOFT_KEY, "Soft Key One")]));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answering = std::thread::spawn(move || {
            let answers = [
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{blob}", blob.len()),
                "HTTP/1.1 503 Down\r\ncontent-length: 0\r\n\r\n".to_owned(),
            ];
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a caller");
                let _ = stream.read(&mut [0; 4096]);
                stream.write_all(answer.as_bytes()).expect("it listens");
            }
        });
        let roots = tempfile::NamedTempFile::new().expect("a file");
        fs::write(roots.path(), service.root_pem()).expect("a file");
        let path = format!("\"{}\"", roots.path().display());
        let url = format!("\"http://{address}/blob\"");
        let settings = [("metadata.roots", path.as_str()), ("metadata.url", &url)];
        let server = Server::with(at, &settings).await;
        keyward(server.folder(), &["metadata", "update"]).done();
        assert_eq!(serial(&server), 5);
        let line = keyward(server.folder(), &["metadata", "update"]).refused("metadata.unreachable");
        assert!(line.contains("503"), "{line}");
        answering.join().expect("it answered twice");
        let bare = Server::start(at).await;
        keyward(bare.folder(), &["metadata", "update"]).refused("metadata.no_address");
    }

    async fn a_device_shows_the_name_and_the_picture_that_metadata_has_for_it(at: At) {
        let service = MetadataService::generate();
        let server = believing(at, &service).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let picture = format!("/models/{SOFT_KEY_ID}/icon.png");
        let before = anna.visits("/account/devices").await;
        assert!(!before.body.contains(&picture));
        assert_eq!(anna.browser.get(&picture).await.status, 404);
        import(&server, &service.blob(&edition(1, &[model(SOFT_KEY, "Soft Key <One>")]))).done();
        let after = anna.visits("/account/devices").await;
        assert!(after.text().contains("Soft Key <One>"), "{}", after.text());
        assert!(after.body.contains(&picture));
        let shown = reqwest::get(format!("{}{picture}", server.base)).await.expect("an answer");
        assert_eq!(shown.headers()["content-type"], "image/png");
        assert_eq!(shown.bytes().await.expect("a body"), PIXEL);
        let names = keyward(server.folder(), &["two-factor", "status", "--devices", "anna"]).done();
        assert!(names.contains("anna"), "{names}");
    }
}
