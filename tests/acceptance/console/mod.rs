//! The console: who it opens to, what it shows, what it does, and what the trail says of that.

mod applications;
mod devices;
mod enrolments;
mod exports;
mod guards;
mod key_import;
mod keys;
mod openid_clients;
mod policies;
mod removed_names;
mod reports;
mod roles;
mod shut;
mod touches;
mod trail;
mod upstream_links;
mod users;
mod validation_clients;
mod validation_services;
mod webhooks;

use keyward_actions::user;
use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::device::{Device, DeviceId, DeviceKind, DeviceName, DeviceState};
use keyward_core::domain::user::{EmailAddress, User, UserHandle, UserId, UserName};
use keyward_core::flows::permit::Administrator;
use keyward_store::{devices as device_table, users as user_table};

use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

/// Anna, a superuser with an app, signed in.
pub async fn at_console(server: &Server) -> Person {
    let mut anna = server.superuser("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    assert_eq!(anna.browser.get("/console").await.status, 200);
    anna
}

/// Somebody with an app, signed in.
async fn with_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person
}

async fn user(server: &Server, name: &str) -> User {
    let administrator = Administrator::at_command_line();
    let found = user::find_by_name(&server.app, &administrator, name).await;
    found.expect("a database").expect("the user is there")
}

/// Where the console shows a user.
async fn page_of(server: &Server, name: &str) -> String {
    format!("/console/users/{}", user(server, name).await.id)
}

/// How many events the trail holds of this kind, by one user, about another, from here; with this
/// reason where they are refusals.
async fn told(server: &Server, kind: &str, by: &str, about: Option<&str>, refusal: &str) -> i64 {
    let by = user(server, by).await.id;
    let about = match about {
        Some(name) => format!("subject_user = '{}'", user(server, name).await.id),
        None => "subject_user IS NULL".to_owned(),
    };
    server.database.number(&format!(
        "SELECT COUNT(*) FROM events WHERE kind = '{kind}' AND actor = 'user' \
         AND actor_user = '{by}' AND {about} AND address = '127.0.0.1' \
         AND COALESCE(refusal, '') = '{refusal}'"
    ))
}

/// Many users at once: `user000` with the address `000@example.org`, and so on.
async fn crowd(server: &Server, count: usize) -> Vec<UserId> {
    let now = server.app.now();
    let people: Vec<user_table::NewUser> = (0..count)
        .map(|number| user_table::NewUser {
            id: UserId::generate(now, &SystemEntropy),
            name: UserName::parse(&format!("User{number:03}")).expect("a name"),
            display_name: None,
            email: EmailAddress::parse(&format!("{number:03}@example.org")).ok(),
            password_hash: None,
            handle: UserHandle::generate(&SystemEntropy),
            is_superuser: false,
            created_at: now,
        })
        .collect();
    let ids = people.iter().map(|person| person.id).collect();
    let store = server.database.store();
    let inserted = store.write(move |connection| {
        let mut people = people.iter();
        people.try_for_each(|person| user_table::insert(connection, person))
    });
    inserted.await.expect("a database");
    ids
}

/// Devices of these users, all enrolled at one moment, so many days ago.
async fn enrolled(server: &Server, owners: &[UserId], kind: DeviceKind, days: u64) {
    let span = std::time::Duration::from_hours(24 * days);
    let created_at: Timestamp = server.app.now() - span;
    let devices: Vec<Device> = owners
        .iter()
        .enumerate()
        .map(|(number, owner)| Device {
            id: DeviceId::generate(created_at, &SystemEntropy),
            user_id: *owner,
            kind,
            name: DeviceName::from_typed(&format!("{} {number:03}", kind.as_str())).expect("some"),
            model: None,
            state: DeviceState::Active,
            created_at,
            last_used_at: None,
        })
        .collect();
    let store = server.database.store();
    let inserted = store.write(move |connection| {
        let mut devices = devices.iter();
        devices.try_for_each(|device| device_table::insert(connection, device))
    });
    inserted.await.expect("a database");
}

/// The first cells of the rows of all pages of a list, and how many pages there were.
async fn walk(person: &Person, path: &str, more: &str) -> (Vec<String>, usize) {
    let (mut rows, mut pages) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = person.browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        rows.extend(rows_of(&page));
        pages += 1;
        assert!(pages < 20, "{path} has no end");
        next = page.link(more);
    }
    (rows, pages)
}

/// The heading of each row of a page's tables.
fn rows_of(page: &Page) -> Vec<String> {
    let cells = page.body.split("<th scope=\"row\"").skip(1);
    let inside = cells.filter_map(|cell| cell.split_once('>')?.1.split_once("</th>"));
    inside
        .map(|(inside, _)| {
            let page = Page {
                body: inside.to_owned(),
                status: 200,
                headers: Default::default(),
                path: String::new(),
            };
            page.text()
        })
        .collect()
}
