//! Reports tell the numbers that a query of the database finds.

use std::time::Duration;

use keyward_test_support::api::Program;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use serde_json::{Value, json};

const A_DAY: Duration = Duration::from_hours(24);

/// What can be added to each statement, so that it is about the members of one group.
const STAFF: &str = "IN (SELECT user_id FROM group_members JOIN groups ON groups.id = group_id \
    WHERE groups.name = 'staff')";
const EVERYBODY: &str = "IS NOT NULL";

/// Each figure as it is found by hand.
fn by_hand(server: &Server, whose: &str) -> Value {
    let own = "kind <> 'backup-codes' AND state = 'active'";
    let soft = "o.kind = 'yubikey' OR (o.kind = 'security-key' AND NOT c.backup_eligible)";
    let number = |statement: String| server.database.number(&statement);
    json!({
        "users": number(format!("SELECT COUNT(*) FROM users WHERE id {whose}")),
        "with_device": number(format!("SELECT COUNT(DISTINCT user_id) FROM devices WHERE user_id {whose}")),
        "two_devices": number(format!("SELECT COUNT(*) FROM (SELECT user_id FROM devices \
            WHERE {own} AND user_id {whose} GROUP BY user_id HAVING COUNT(*) >= 2) AS two")),
        "phishing_resistant": number(format!("SELECT COUNT(DISTINCT user_id) FROM devices \
            WHERE kind IN ('passkey', 'security-key') AND state = 'active' AND user_id {whose}")),
        "hardware_only": number(format!("SELECT COUNT(DISTINCT d.user_id) FROM devices d \
            WHERE {own} AND d.user_id {whose} AND NOT EXISTS (SELECT 1 FROM devices o \
            LEFT JOIN credentials c ON c.device_id = o.id \
            WHERE o.user_id = d.user_id AND o.kind <> 'backup-codes' AND o.state = 'active' AND NOT ({soft}))")),
    })
}

/// The figures of a row.
fn figures(row: &Value) -> Value {
    let names = [
        "users",
        "with_device",
        "two_devices",
        "phishing_resistant",
        "hardware_only",
    ];
    let figures = names.map(|name| (name.to_owned(), row[name].clone()));
    Value::Object(figures.into_iter().collect())
}

async fn items(program: &Program, path: &str) -> Vec<Value> {
    let answer = program.gets(path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["items"].as_array().expect("items").clone()
}

/// People with each sort of device; `staff` are some of them.
async fn peopled(server: &Server) -> Program {
    let program = server.mighty_program().await;
    assert_eq!(
        program
            .posts("/groups", &json!({ "name": "staff" }))
            .await
            .status,
        201
    );
    for name in ["ben", "cleo", "dora", "emil", "finn"] {
        server.user(name).await;
        if name != "finn" {
            keyward(
                server.folder(),
                &["group", "members", "staff", "--add", name],
            )
            .done();
        }
    }
    let mut ben = server.stranger("ben");
    ben.signs_in().await;
    ben.adds_an_app().await;
    let cleo = server.stranger("cleo");
    cleo.signs_in().await;
    let mut key = SoftAuthenticator::security_key();
    assert_eq!(cleo.registers("security-key", &mut key).await.status, 200);
    let mut second = SoftAuthenticator::security_key();
    assert_eq!(
        cleo.registers("security-key", &mut second).await.status,
        200
    );
    let dora = server.stranger("dora");
    dora.signs_in().await;
    let mut phone = SoftAuthenticator::synced_passkey();
    assert_eq!(dora.registers("passkey", &mut phone).await.status, 200);
    let mut own = SoftAuthenticator::security_key();
    assert_eq!(dora.registers("security-key", &mut own).await.status, 200);
    program
}

on_every_database! {
    async fn people_are_counted_once_a_day_as_a_query_counts_them(at: At) {
        let server = Server::start(at).await;
        let program = peopled(&server).await;
        assert_eq!(items(&program, "/reports/people").await, Vec::<Value>::new());

        keyward_actions::report::count_where_due(&server.app).await.expect("a database").expect("it was due");
        let found = items(&program, "/reports/people").await;
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((&found[0]["group"], &found[1]["group"]), (&Value::Null, &json!("staff")));
        let (all, staff) = (by_hand(&server, EVERYBODY), by_hand(&server, STAFF));
        assert_eq!(figures(&found[0]), all);
        assert_eq!(figures(&found[1]), staff);
        let expected = json!({ "users": 4, "with_device": 3, "two_devices": 2, "phishing_resistant": 2, "hardware_only": 1 });
        assert_eq!(staff, expected);

        let again = keyward_actions::report::count_where_due(&server.app).await.expect("a database");
        assert!(again.is_none(), "it was counted twice in a day");
        server.user("gina").await;
        // The passkey is on hold now, as after a wrong counter.
        server.database.execute("UPDATE devices SET state = 'suspect' WHERE kind = 'passkey'");
        server.clock.turn(A_DAY);
        keyward_actions::report::count_where_due(&server.app).await.expect("a database").expect("it was due");
        let found = items(&program, "/reports/people?days=400").await;
        assert_eq!(found.len(), 4);
        assert_eq!(figures(&found[0]), all, "yesterday's figures have changed");
        assert_eq!(figures(&found[1]), by_hand(&server, EVERYBODY));
        let held = figures(&found[3]);
        assert_eq!(held, by_hand(&server, STAFF));
        assert_eq!((&held["with_device"], &held["two_devices"], &held["hardware_only"]), (&json!(3), &json!(1), &json!(2)));
        assert_eq!(items(&program, "/reports/people?days=0").await.len(), 2);
        assert_eq!(items(&program, "/reports/people?group=staff").await.len(), 2);
        assert_eq!(items(&program, "/reports/people?group=nobody").await.len(), 0);
        let first = program.gets("/reports/people?page_size=3").await.json();
        let next = first["next_page_token"].as_str().expect("another page").to_owned();
        let last = items(&program, &format!("/reports/people?page_size=3&page_token={next}")).await;
        assert_eq!(last, found[3..]);

        server.clock.turn(A_DAY * 399 + A_DAY / 2);
        keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM coverage"), 4, "they are kept for 400 days");
        server.clock.turn(A_DAY);
        keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM coverage"), 2);
    }

    async fn a_count_by_hand_takes_the_place_of_todays_and_forgets_a_group_that_is_gone(at: At) {
        let server = Server::start(at).await;
        let program = peopled(&server).await;
        let folder = server.folder();
        let said = keyward(folder, &["--json", "report", "count"]).json();
        assert_eq!(said["users"], by_hand(&server, EVERYBODY)["users"]);
        assert_eq!(keyward(folder, &["--json", "report", "people"]).json(), json!(items(&program, "/reports/people").await));
        assert_eq!(program.deletes("/groups/staff").await.status, 204);
        server.user("gina").await;
        keyward(folder, &["report", "count"]).done();
        let found = items(&program, "/reports/people").await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(figures(&found[0]), by_hand(&server, EVERYBODY));
        let lines = keyward(folder, &["report", "people", "--csv", "--fields", "group,users"]).done();
        assert_eq!(lines.trim_end(), format!("group,users\r\n,{}", found[0]["users"]));
    }

    async fn keys_are_counted_by_firmware_and_flagged_by_what_was_published_about_it(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write", "reports:read"]).await;
        for (serial, maker, model, firmware) in [
            ("1", "Yubico", "YubiKey 5 NFC", "5.2.6"),
            ("2", "Yubico", "YubiKey 5 NFC", "5.2.6"),
            ("3", "Yubico", "YubiKey 5 NFC", "5.7.1"),
            ("4", "Yubico", "YubiKey 4", "4.3.4"),
            ("5", "Token2", "YubiKey 4", "4.3.4"),
            ("6", "Yubico", "", ""),
        ] {
            let mut key = json!({ "serial": serial, "maker": maker, "firmware": firmware });
            if !model.is_empty() {
                key["model"] = json!(model);
            }
            let added = program.posts("/keys", &key).await;
            assert_eq!(added.status, 201, "{}", added.body);
        }
        keyward(server.folder(), &["key", "lost", "2", "--yes"]).done();
        let found = items(&program, "/reports/keys").await;
        let by_hand = "SELECT maker || '|' || model || '|' || firmware || '|' || state || '|' || COUNT(*) AS line \
            FROM keys GROUP BY maker, model, firmware, state ORDER BY maker, model, firmware, state";
        let told: Vec<String> = found.iter().map(|row| {
            let text = |name: &str| row[name].as_str().expect("a text").to_owned();
            format!("{}|{}|{}|{}|{}", text("maker"), text("model"), text("firmware"), text("state"), row["keys"])
        }).collect();
        assert_eq!(told, server.database.lines(by_hand));
        let flagged: Vec<Value> = found.iter().map(|row| row["advisories"].clone()).collect();
        assert_eq!(json!(flagged), json!([
            [], [], ["YSA-2017-01"], ["YSA-2020-04", "YSA-2024-03"], ["YSA-2020-04", "YSA-2024-03"], [],
        ]));
        let mut paged = Vec::new();
        let mut page = String::new();
        loop {
            let answer = program.gets(&format!("/reports/keys?page_size=2{page}")).await.json();
            paged.extend(answer["items"].as_array().expect("items").clone());
            match answer["next_page_token"].as_str() {
                Some(token) => page = format!("&page_token={token}"),
                None => break,
            }
        }
        assert_eq!(paged, found);
        assert_eq!(keyward(server.folder(), &["--json", "report", "keys"]).json(), json!(found));
        let of = "/keys?maker=Yubico&model=YubiKey%205%20NFC&firmware=5.2.6&state=lost";
        assert_eq!(items(&program, of).await.len(), 1);
        for (span, unmoved) in [(0, 0), (10, 0), (4, 1)] {
            server.clock.turn(A_DAY * span);
            assert_eq!(items(&program, "/keys?state=lost&unmoved_days=14").await.len(), unmoved);
        }
        let other = server.program(&["keys:read"]).await;
        assert_eq!(other.gets("/reports/keys").await.code(), "api_token.scope");
        assert_eq!(other.gets("/reports/people").await.code(), "api_token.scope");
    }
}
