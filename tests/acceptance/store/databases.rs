//! The databases that the suite runs on, and that one is as the other.

use std::collections::BTreeSet;
use std::process::Command;

use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::DeviceState;
use keyward_core::domain::invitation::InvitationState;
use keyward_core::domain::key::CaseOutcome;
use keyward_core::domain::message::{MessageClass, MessageState};
use keyward_core::domain::policy::DutyKind;
use keyward_core::domain::role::Role;
use keyward_core::domain::session::Assurance;
use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::postgres::{PASSWORD, Postgres};
use keyward_test_support::server::Server;

#[test]
fn the_database_of_a_test_speaks_tls_and_asks_for_the_password() {
    let server = Postgres::shared();
    let database = server.database();
    let tls = database.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert_eq!(tls.trim(), "t");
    for (url, expected) in [
        (database.url.clone(), true),
        (format!("{}?sslmode=disable", database.bare_url), false),
        (format!("{}?sslmode=verify-full", database.bare_url), false),
        (database.url.replace(PASSWORD, "wrong"), false),
    ] {
        let output = Command::new("psql")
            .args(["-X", "-w", "-c", "SELECT 1", &url])
            .env("PGSSLROOTCERT", "/nowhere")
            .output()
            .expect("psql is there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), expected, "{url}: {said}");
    }
}

/// Calls the server's own check on a database; gives back whether it is content.
fn is_content_with(url: &str) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("keyward.toml");
    std::fs::write(&file, format!("database.url = \"{url}\"\n")).expect("the folder is ours");
    let said = keyward(folder.path(), &["migrate"]);
    said.code == Some(0)
}

#[test]
fn a_database_is_reached_by_tls_and_by_its_right_name_alone() {
    let database = Postgres::shared().database();
    let authority = Postgres::shared().authority();
    let bare = &database.bare_url;
    let verified = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let by_other_name = bare.replace("localhost", "localhost.localdomain");
    for (url, expected) in [
        (format!("{bare}?sslmode=require"), true),
        (format!("{bare}?{verified}"), true),
        (
            bare.replace("postgres://", "postgresql://") + "?sslmode=require",
            true,
        ),
        (format!("{bare}?sslmode=disable"), false),
        (
            format!("{bare}?sslmode=verify-full&sslrootcert=/nowhere"),
            false,
        ),
        (
            format!("{by_other_name}?{verified}&hostaddr=127.0.0.1"),
            false,
        ),
        (
            format!("{bare}?{verified}").replace(PASSWORD, "wrong"),
            false,
        ),
    ] {
        assert_eq!(is_content_with(&url), expected, "{url}");
    }
}

/// What a schema is made of, a line each, in words that both databases share.
const OF_SQLITE: [&str; 6] = [
    // Columns: a truth is a whole number that is 0 or 1, or nothing.
    "SELECT t.name || '.' || c.name || CASE
         WHEN c.type <> 'INTEGER' THEN ' ' || lower(c.type)
         WHEN t.sql LIKE '%CHECK (' || c.name || ' IN (0, 1))%' THEN ' truth'
         ELSE ' number' END
         || CASE c.\"notnull\" WHEN 1 THEN ' required' ELSE '' END
         || ' ' || lower(coalesce(c.dflt_value, '')) AS line
     FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
    "SELECT t.name || ' is known by ' || (SELECT group_concat(name) FROM
         (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk)) AS line
     FROM sqlite_schema AS t
     WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 0)",
    "SELECT t.name || '.' || f.\"from\" || ' refers to ' || f.\"table\" || '.' || f.\"to\"
         || ' ' || lower(f.on_delete) AS line
     FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'",
    "SELECT CASE i.origin WHEN 'c' THEN i.name || ' on ' ELSE '' END || t.name
         || CASE i.\"unique\" WHEN 1 THEN ' once ' ELSE ' ' END || (SELECT group_concat(name) FROM
             (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
         || CASE i.partial WHEN 1 THEN ' where ' || (
             SELECT lower(substr(sql, instr(sql, 'WHERE ') + 6)) FROM sqlite_schema
             WHERE name = i.name) ELSE '' END AS line
     FROM sqlite_schema AS t, pragma_index_list(t.name) AS i
     WHERE t.type = 'table' AND i.origin <> 'pk'",
    "SELECT tbl_name || ' does ' || name AS line FROM sqlite_schema
     WHERE type = 'trigger' AND tbl_name <> 'user_search'",
    "SELECT name || ' is not strict' AS line FROM pragma_table_list
     WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'",
];

const OF_POSTGRES: [&str; 5] = [
    "SELECT table_name || '.' || column_name || ' ' || CASE data_type
         WHEN 'bigint' THEN 'number' WHEN 'boolean' THEN 'truth' WHEN 'bytea' THEN 'blob'
         ELSE data_type END
         || CASE is_nullable WHEN 'NO' THEN ' required' ELSE '' END
         || ' ' || replace(coalesce(column_default, ''), '::text', '')
     FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass || ' is known by '
         || array_to_string(ARRAY(SELECT attname FROM unnest(conkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY place), ',')
     FROM pg_constraint WHERE contype = 'p' AND connamespace = 'public'::regnamespace",
    "SELECT conrelid::regclass || '.' || mine.attname || ' refers to ' || confrelid::regclass || '.'
         || theirs.attname || CASE confdeltype WHEN 'c' THEN ' cascade' WHEN 'n' THEN ' set null'
             ELSE ' otherwise' END
     FROM pg_constraint
     JOIN pg_attribute AS mine ON mine.attrelid = conrelid AND mine.attnum = conkey[1]
     JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
    "SELECT CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype = 'u')
             THEN '' ELSE indexrelid::regclass || ' on ' END || indrelid::regclass
         || CASE WHEN indisunique THEN ' once' ELSE '' END || ' '
         || array_to_string(ARRAY(SELECT attname FROM unnest(indkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = indrelid AND attnum = n ORDER BY place), ',')
         || coalesce(' where ' || lower(regexp_replace(
             pg_get_expr(indpred, indrelid), '^\\((.*)\\)$|::text', '\\1', 'g')), '')
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary",
    "SELECT tgrelid::regclass || ' does ' || tgname FROM pg_trigger WHERE NOT tgisinternal",
];

/// What one database alone needs: how parts of names are found, and the history of the schema.
fn is_shared(line: &str) -> bool {
    ![
        "user_grams",
        "user_search_grams",
        "__diesel_schema_migrations",
        "sqlite_",
    ]
    .iter()
    .any(|own| line.contains(own))
}

async fn schema(at: At, statements: &[&str]) -> BTreeSet<String> {
    let server = Server::start(at).await;
    let lines = statements.iter().flat_map(|it| server.database.lines(it));
    let lines = lines.map(|line| line.trim().replace("::text", ""));
    lines.filter(|line| is_shared(line)).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_keys_and_indexes() {
    let sqlite = schema(At::Sqlite, &OF_SQLITE).await;
    let postgres = schema(At::Postgres, &OF_POSTGRES).await;
    let alone: Vec<_> = sqlite.symmetric_difference(&postgres).collect();
    assert!(alone.is_empty(), "{alone:#?}");
    for seen in [
        "users.is_enabled truth required",
        "group_members is known by user_id,group_id",
        "users.default_device refers to devices.id set null",
        "outbox_due on outbox channel,class,due_at,id where state = 'waiting'",
        "otp_keys once id",
        "group_members does group_members_left",
    ] {
        assert!(sqlite.contains(seen), "{seen}: {sqlite:#?}");
    }
}

/// The words that a table takes in a column.
fn words_of(server: &Server, at: At, table: &str, column: &str) -> Vec<String> {
    let rule = match at {
        At::Sqlite => {
            let sql = format!(
                "SELECT replace(sql, char(10), ' ') FROM sqlite_schema WHERE name = '{table}'"
            );
            let sql = server.database.text(&sql);
            let (_, rule) = sql
                .split_once(&format!("{column} IN ("))
                .unwrap_or_else(|| panic!("{table}.{column} takes everything"));
            rule.split(')').next().unwrap_or_default().to_owned()
        }
        At::Postgres => server.database.text(&format!(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE conname = '{table}_{column}_check'"
        )),
    };
    let words = rule.split('\'').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

on_every_database! {
    async fn a_column_with_a_closed_set_of_words_takes_those_of_the_program(at: At) {
        let server = Server::start(at).await;
        let closed: [(&str, &str, &[&str]); 12] = [
            ("devices", "state", &[DeviceState::Active, DeviceState::Suspect, DeviceState::Lost]
                .map(DeviceState::as_str)),
            ("key_cases", "outcome", &[
                CaseOutcome::GivenBack, CaseOutcome::Found, CaseOutcome::Replaced, CaseOutcome::WrittenOff,
            ].map(CaseOutcome::as_str)),
            ("group_roles", "role", &[Role::HelpDesk, Role::Auditor].map(Role::as_str)),
            ("user_roles", "role", &[Role::HelpDesk, Role::Auditor].map(Role::as_str)),
            ("delivery_addresses", "method", &[DeliveryMethod::Mail, DeliveryMethod::Sms, DeliveryMethod::Call]
                .map(DeliveryMethod::as_str)),
            ("sessions", "assurance", &[
                Assurance::Pass, Assurance::Enrolment, Assurance::Short, Assurance::Password,
                Assurance::Remembered, Assurance::Verified,
            ].map(Assurance::as_str)),
            ("sessions", "level", &AssuranceLevel::ALL.map(AssuranceLevel::as_str)),
            ("invitations", "state", &[
                InvitationState::Open, InvitationState::Accepted, InvitationState::Revoked,
                InvitationState::Expired,
            ].map(InvitationState::as_str)),
            ("duties", "kind", &DutyKind::ALL.map(DutyKind::as_str)),
            ("outbox", "channel", &["mail"]),
            ("outbox", "class", &[
                MessageClass::Awaited, MessageClass::Invitation, MessageClass::Notice,
            ].map(MessageClass::as_str)),
            ("outbox", "state", &[
                MessageState::Waiting, MessageState::Sent, MessageState::Failed, MessageState::Withdrawn,
            ].map(MessageState::as_str)),
        ];
        for (table, column, words) in closed {
            assert_eq!(words_of(&server, at, table, column), words, "{table}.{column}");
        }
    }

    async fn a_device_that_goes_is_nobodys_default_and_no_sessions_proof(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let kept = "SELECT COUNT(*) FROM users WHERE default_device IS NOT NULL";
        let proved = "SELECT COUNT(*) FROM sessions WHERE device_id IS NOT NULL";
        assert_eq!((server.database.number(kept), server.database.number(proved)), (1, 1));
        server.database.execute("DELETE FROM devices");
        assert_eq!((server.database.number(kept), server.database.number(proved)), (0, 0));
    }
}
