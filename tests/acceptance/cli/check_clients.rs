//! What `keyward check` says of clients of the OpenID provider.

use serde_json::Value;

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

/// What is said of a part, with its state.
fn said(server: &Server, part: &str) -> Vec<(String, String)> {
    let checked = keyward(server.folder(), &["check", "--json"]);
    let lines: Value = serde_json::from_str(&checked.out).expect("JSON");
    let lines = lines.as_array().expect("lines").iter();
    let lines = lines.filter(|line| line["part"] == part);
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    lines
        .map(|line| (text(line, "state"), text(line, "text")))
        .collect()
}

on_every_database! {
    async fn a_check_names_the_clients_that_nobody_can_sign_in_to_and_why(at: At) {
        let server = Server::start(at).await;
        let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
        call(&["group", "add", "staff"]);
        let add = |name: &str, more: &[&str]| {
            let uri = format!("https://{}.example.org/cb", name.to_lowercase());
            let arguments = ["client", "add", name, "--client-id", &name.to_lowercase(), "--redirect-uri", &uri];
            call(&[&arguments[..], more].concat())
        };
        add("Fine", &[]);
        assert_eq!(said(&server, "OpenID clients"), []);
        assert_eq!(said(&server, "rows"), [("fine".to_owned(), "all can be read".to_owned())]);
        add("Gone", &["--access", "group:staff"]);
        call(&["group", "remove", "staff", "--yes"]);
        add("Hardware", &["--access", "anyone hardware"]);
        add("Bare", &["--authentication", "none"]);
        call(&["client", "set", "bare", "--authentication", "client_secret_basic"]);
        add("Odd", &[]);
        add("Keys", &[]);
        let database = &server.database;
        database.execute("UPDATE openid_clients SET id_token_algorithm = 'EdDSA' WHERE client_id = 'odd'");
        database.execute("UPDATE openid_clients SET authentication = 'private_key_jwt' WHERE client_id = 'keys'");
        database.execute("INSERT INTO openid_client_values (client_id, kind, position, value) \
            SELECT id, 'keys', 0, 'no keys' FROM openid_clients WHERE client_id = 'keys'");
        add("Certain", &[]);
        database.execute("UPDATE openid_clients SET authentication = 'tls_client_auth' WHERE client_id = 'certain'");
        database.execute("INSERT INTO openid_client_values (client_id, kind, position, value) \
            SELECT id, 'certificate', 0, 'dns:robot.example.org' FROM openid_clients WHERE client_id = 'certain'");
        let found = said(&server, "OpenID clients");
        for why in [
            "Certain proves itself by a certificate, which nobody is asked for here",
            "Gone lets nobody in: the groups and users that it named are gone",
            "Hardware asks for attested hardware",
            "Bare proves itself by a secret, and has none",
            "Odd gets ID tokens by EdDSA",
            "Keys could not be saved as it is: among the client's keys is none",
        ] {
            let is_it = |(state, text): &&(String, String)| state == "to look at" && text.starts_with(why);
            assert_eq!(found.iter().filter(is_it).count(), 1, "{why}: {found:?}");
        }
        assert_eq!(found.len(), 6, "{found:?}");
        // One that lets nobody in because somebody said so is as it should be.
        call(&["client", "set", "gone", "--access", "deny"]);
        assert_eq!(said(&server, "OpenID clients").len(), 5);
        // What cannot be read is in no list, and named here.
        database.execute("UPDATE openid_clients SET id_token_algorithm = 'none' WHERE client_id = 'fine'");
        let rows = said(&server, "rows");
        assert!(rows.iter().any(|(state, text)| state == "wrong" && text.contains("openid_clients")), "{rows:?}");
        assert!(!call(&["client", "list"]).contains("Fine"));
    }
}
