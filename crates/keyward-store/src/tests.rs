//! What SQLite means to do for the console's lists. Without statistics it plans by the statement
//! and the indexes alone, so an empty database tells as much as a million rows.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{Limits, Location, Opener, Purpose};
use super::sessions::Open;
use super::{
    AnyConnection, attempts, browser_sessions, counts, credentials, delivered_codes, devices,
    events, failed_names, groups, invitations, journeys, judgements, judging, metadata, migrations,
    objections, openid_client_secrets, otp_keys, outbox, passes, policies, recoveries, search,
    sessions, spent_challenges, spent_otps, suspicions, trusted_browsers, user_list, users,
    validation_clients,
};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceFilter, DeviceId, DeviceKind, DevicePlace};
use keyward_core::domain::event::{Event, EventId, EventKind};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::message::MessageClass;
use keyward_core::domain::policy::Scope;
use keyward_core::domain::search::SearchTerms;
use keyward_core::domain::session::{SessionId, SessionPlace};
use keyward_core::domain::user::{UserId, UserPlace};
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::PublicId;

const MOMENT: Timestamp = Timestamp::from_seconds(1);
const OPEN: Open = Open {
    now: MOMENT,
    idle_since: MOMENT,
};

fn id<T>(parse: fn(&str) -> Option<T>) -> T {
    parse("018f0000-0000-7000-8000-000000000001").expect("an id")
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

struct Planner(AnyConnection);

impl Planner {
    fn new() -> Self {
        let location = Location::parse("sqlite://:memory:").expect("an address");
        let opener = Opener::new(&location, Purpose::Write, Limits::OF_TESTS);
        let mut connection = opener.open().expect("a database");
        migrations::apply(&mut connection).expect("the schema");
        Self(connection)
    }

    /// The steps of all statements that `work` runs.
    fn plan<T>(&mut self, work: impl FnOnce(&mut AnyConnection) -> Result<T>) -> Vec<String> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let watch = move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                notes.lock().expect("one thread").push(query.to_string());
            }
        };
        self.0.set_instrumentation(watch);
        work(&mut self.0).expect("the statement is right");
        self.0.set_instrumentation(|_: InstrumentationEvent<'_>| {});
        let statements = std::mem::take(&mut *seen.lock().expect("one thread"));
        assert!(!statements.is_empty());
        let steps = statements.iter().flat_map(|statement| {
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                .load::<Step>(&mut self.0)
                .expect("a plan")
        });
        steps.map(|step| step.detail).collect()
    }

    /// The same, for a list that must be read through this index in its order.
    fn follows<T>(
        &mut self,
        index: &str,
        sorts: bool,
        work: impl FnOnce(&mut AnyConnection) -> Result<T>,
    ) {
        let steps = self.plan(work);
        let is_used = |step: &String| {
            step.contains(&format!("INDEX {index} "))
                || step.ends_with(&format!("INDEX {index}"))
                || step.contains(&format!("USING {index} "))
        };
        assert!(steps.iter().any(is_used), "{index}: {steps:#?}");
        check(&steps, sorts);
    }
}

/// No table is read from end to end, and nothing is sorted that an index has in order.
fn check(steps: &[String], sorts: bool) {
    for step in steps {
        // `M` is a search of an index of words.
        let is_match = step.contains("VIRTUAL TABLE INDEX") && step.contains(":M");
        let goes_through = step.starts_with("SCAN") && !step.contains("USING") && !is_match;
        let is_small = ["SCAN CONSTANT ROW", "SCAN bounded"].contains(&step.as_str());
        assert!(!goes_through || is_small, "{step}: {steps:#?}");
        assert!(sorts || !step.contains("TEMP B-TREE"), "{step}: {steps:#?}");
    }
}

#[test]
fn the_list_of_devices_follows_an_index_under_every_filter() {
    let mut planner = Planner::new();
    for number in 0..32 {
        let has = |bit: u32| number & (1 << bit) != 0;
        let filter = DeviceFilter {
            kind: has(0).then_some(DeviceKind::Totp),
            user: has(1).then(|| id(UserId::parse)),
            idle_since: has(2).then_some(MOMENT),
            suspect: has(3),
            after: has(4).then(|| DevicePlace {
                idle_since: MOMENT,
                id: id(DeviceId::parse),
            }),
        };
        let index = match (&filter.user, filter.suspect, filter.kind) {
            (Some(_), _, _) => "devices_of_user",
            (None, true, Some(_)) => "devices_suspect_by_kind",
            (None, true, None) => "devices_suspect",
            (None, false, Some(_)) => "devices_by_kind_and_idleness",
            (None, false, None) => "devices_by_idleness",
        };
        // One person's devices are few enough to sort.
        let sorts = filter.user.is_some();
        planner.follows(index, sorts, |connection| {
            devices::page(connection, &filter, 51)
        });
    }
}

#[test]
fn the_trail_follows_an_index_under_every_filter() {
    let mut planner = Planner::new();
    let user = id(UserId::parse);
    // Its people's names are looked up.
    let event = Event::new(EventKind::SignedIn).about(user);
    let recorded = events::record(&mut planner.0, EventId::nil(), &event, MOMENT);
    recorded.expect("an event");
    for before in [None, Some(id(EventId::parse))] {
        for (whose, kind, indexes) in [
            (None, None, &["sqlite_autoindex_events_1"][..]),
            (None, Some(EventKind::SignedIn), &["events_by_kind"]),
            (Some(UserFilter::About(user)), None, &["events_of_subject"]),
            (
                Some(UserFilter::With(user)),
                None,
                &["events_of_subject", "events_of_actor"],
            ),
            (
                Some(UserFilter::With(user)),
                Some(EventKind::SignedIn),
                &["events_of_subject_and_kind", "events_of_actor_and_kind"],
            ),
        ] {
            for index in indexes {
                let filter = EventFilter {
                    whose,
                    kind,
                    before,
                    ..EventFilter::default()
                };
                planner.follows(index, false, |connection| {
                    events::page(connection, filter, 51)
                });
            }
        }
    }
}

#[test]
fn the_list_of_users_follows_an_index_by_name_and_by_parts() {
    let mut planner = Planner::new();
    let name = UserPlace::Name("ben".to_owned());
    let found = UserPlace::Found(7);
    for (search, after, index) in [
        ("", None, "sqlite_autoindex_users_2"),
        ("", Some(&name), "sqlite_autoindex_users_2"),
        ("be", None, "sqlite_autoindex_users_2"),
        ("be", Some(&name), "sqlite_autoindex_users_2"),
    ] {
        planner.follows(index, false, |connection| {
            user_list::page(connection, search, after, 50)
        });
    }
    for (search, after) in [
        ("be", None),
        ("meijer", Some(&name)),
        ("jose", Some(&found)),
    ] {
        let steps = planner.plan(|connection| user_list::page(connection, search, after, 50));
        let by_grams = |step: &String| step.starts_with("SCAN user_grams VIRTUAL TABLE INDEX");
        assert!(steps.iter().any(by_grams), "{steps:#?}");
        check(&steps, false);
    }
    for (search, after) in [("", None), ("", Some(&name)), ("meijer", None)] {
        planner.follows("users_without_device_by_name", false, |connection| {
            user_list::page_without_device(connection, search, after, 50)
        });
    }
    let sought = SearchTerms::of("meijer").expect("enough");
    planner.follows("sqlite_autoindex_user_search_1", false, |connection| {
        search::among(connection, &["1".to_owned()], &sought)
    });
    planner.follows("users_unsearchable", false, search::lacks_some);
}

#[test]
fn a_question_of_a_client_follows_primary_keys() {
    let mut planner = Planner::new();
    let client = ValidationClientId::new(1).expect("a number");
    let key = PublicId::parse("cccccccccccb").expect("a public id");
    planner.follows("sqlite_autoindex_otp_keys_1", false, |connection| {
        validation_clients::asking_about(connection, client, &key)
    });
}

#[test]
fn the_list_of_held_keys_follows_the_order_of_public_ids() {
    let mut planner = Planner::new();
    let after = PublicId::parse("cccccccccccb");
    for prefix in ["", "ccccc"] {
        for after in [None, after.as_ref()] {
            planner.follows("sqlite_autoindex_otp_keys_1", false, |connection| {
                otp_keys::list(connection, prefix, after, 51)
            });
        }
    }
}

#[test]
fn sessions_follow_an_index_of_all_and_of_one_user_and_pass_no_idle_one() {
    let mut planner = Planner::new();
    let user = Some(id(UserId::parse));
    let place = SessionPlace {
        last_seen_at: MOMENT,
        id: id(SessionId::parse),
    };
    for after in [None, Some(place)] {
        for (user, index) in [(None, "sessions_by_activity"), (user, "sessions_of_user")] {
            let mut steps =
                planner.plan(|connection| sessions::page(connection, user, after, OPEN, 51));
            check(&steps, false);
            steps.retain(|step| step.contains(&format!("INDEX {index} ")));
            let is_ranged =
                |step: &String| step.contains("last_seen_at>?") || step.contains("last_seen_at<?");
            let is_ranged = is_ranged(&steps[0]) || steps[0].contains("(last_seen_at,id)<");
            assert!(is_ranged, "{steps:#?}");
        }
    }
}

#[test]
fn counts_and_guards_follow_an_index() {
    let mut planner = Planner::new();
    let user = id(UserId::parse);
    let index = "users_without_device_by_name";
    planner.follows(index, false, counts::users_without_device);
    planner.follows("devices_suspect", false, counts::suspect_devices);
    planner.follows("sessions_by_activity", false, |connection| {
        counts::sessions(connection, OPEN)
    });
    planner.follows("events_refused", false, |connection| {
        counts::refusals(connection, MOMENT)
    });
    for count in [counts::users, counts::devices, counts::yubikeys] {
        let steps = planner.plan(count);
        check(&steps, false);
    }
    planner.follows("sessions_of_user", false, |connection| {
        sessions::count_of(connection, user, OPEN)
    });
    planner.follows("users_superusers", false, |connection| {
        users::has_superuser(connection, Some(user))
    });
    planner.follows("PRIMARY KEY", false, |connection| {
        attempts::lock_of_user(connection, user, MOMENT)
    });
    for index in ["attempts_by_lock", "attempts_failed"] {
        planner.follows(index, false, |connection| {
            attempts::list(connection, MOMENT, 50)
        });
    }
}

#[test]
fn signing_in_with_a_credential_follows_indexes() {
    let mut planner = Planner::new();
    let (user, device) = (id(UserId::parse), id(DeviceId::parse));
    planner.follows("sqlite_autoindex_credentials_2", false, |connection| {
        credentials::by_credential_id(connection, &[7; 32])
    });
    planner.follows("sqlite_autoindex_users_2", true, |connection| {
        credentials::of_name(connection, "anna")
    });
    for with_suspect in [false, true] {
        // One person's few rows may be sorted.
        planner.follows("devices_of_user", true, |connection| {
            credentials::of_user(connection, user, with_suspect)
        });
    }
    planner.follows("devices_of_user", true, |connection| {
        suspicions::of_user(connection, user)
    });
    for sign_count in [0, 7] {
        planner.follows("sqlite_autoindex_credentials_1", false, |connection| {
            credentials::raise_counter(connection, device, sign_count, false)
        });
    }
    planner.follows("sqlite_autoindex_suspicions_1", false, |connection| {
        suspicions::of_device(connection, device)
    });
}

#[test]
fn judging_by_policy_follows_indexes() {
    let mut planner = Planner::new();
    let (user, device) = (id(UserId::parse), id(DeviceId::parse));
    let group = GroupName::parse("staff").expect("a name");
    for after in [None, Some((MOMENT, device))] {
        planner.follows("stopping_devices_by_deadline", false, |connection| {
            judgements::page(connection, after, 51)
        });
    }
    // One person's few rows may be sorted.
    planner.follows("devices_of_user", true, |connection| {
        judgements::devices_of(connection, &[user])
    });
    planner.follows("sqlite_autoindex_stopping_devices_1", true, |connection| {
        judgements::stopping_among(connection, &[device])
    });
    planner.follows("sqlite_autoindex_policies_1", true, |connection| {
        policies::in_force(connection, std::slice::from_ref(&group))
    });
    planner.follows("sqlite_autoindex_models_1", true, |connection| {
        metadata::models_of(connection, &[uuid::Uuid::nil()])
    });
    for after in [None, Some(user)] {
        planner.follows("group_members_by_group", false, |connection| {
            groups::members(connection, &group, after, 51)
        });
        planner.follows("group_members_by_group", false, |connection| {
            judgements::owners_page(connection, Some(&group), false, after, 500)
        });
        planner.follows("sqlite_autoindex_users_1", false, |connection| {
            judgements::owners_page(connection, None, false, after, 500)
        });
        planner.follows("users_with_device", false, |connection| {
            judgements::owners_page(connection, None, true, after, 500)
        });
    }
    for owners_only in [true, false] {
        let steps = planner
            .plan(|connection| judging::count_people(connection, &Scope::Everybody, owners_only));
        assert!(
            steps.iter().any(|step| step.contains("INDEX")),
            "{steps:#?}"
        );
    }
    planner.follows("sqlite_autoindex_judgements_1", false, judging::next);
    let none: &[UserId] = &[user];
    planner.follows("sqlite_autoindex_group_members_1", true, |connection| {
        judgements::groups_of(connection, none)
    });
}

#[test]
fn groups_are_listed_and_removed_without_counting_members() {
    let mut planner = Planner::new();
    let group = GroupName::parse("staff").expect("a name");
    groups::ensure(&mut planner.0, &group).expect("a group");
    for after in [None, Some(&group)] {
        planner.follows("sqlite_autoindex_groups_1", false, |connection| {
            groups::page(connection, after, 51)
        });
    }
    planner.follows("sqlite_autoindex_groups_1", false, |connection| {
        groups::get(connection, &group)
    });
    planner.follows(
        "sqlite_autoindex_tallies_1",
        false,
        counts::stopping_devices,
    );
    planner.follows("groups_removed", false, groups::next_removed);
    let removed = groups::remove(&mut planner.0, &group, false, MOMENT);
    assert_eq!(removed.ok(), Some(Some(0)));
    let removed = groups::next_removed(&mut planner.0).expect("the statement is right");
    let removed = removed.expect("a group");
    planner.follows("group_members_by_group", false, |connection| {
        groups::leavers(connection, &removed, 100)
    });
}

#[test]
fn whatever_a_row_refers_to_is_removed_without_reading_a_table_from_end_to_end() {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = Text)]
        table: String,
        #[diesel(sql_type = Text)]
        column: String,
    }
    let mut planner = Planner::new();
    let keys = diesel::sql_query(
        "SELECT t.name AS \"table\", c.name AS \"column\" FROM sqlite_master t \
         JOIN pragma_table_info(t.name) c ON c.pk = 1 WHERE t.type = 'table'",
    );
    let keys = keys.load::<Key>(&mut planner.0).expect("the tables");
    assert!(keys.iter().any(|key| key.table == "users"));
    for Key { table, column } in keys {
        let gone = format!("EXPLAIN QUERY PLAN DELETE FROM \"{table}\" WHERE \"{column}\" = 'x'");
        let steps = diesel::sql_query(gone).load::<Step>(&mut planner.0);
        let steps = steps.expect("a plan").into_iter().map(|step| step.detail);
        check(&steps.collect::<Vec<_>>(), false);
    }
}

#[test]
fn messages_follow_the_order_of_their_class() {
    let mut planner = Planner::new();
    let mail = outbox::Channel::Mail;
    for class in [
        MessageClass::Awaited,
        MessageClass::Invitation,
        MessageClass::Notice,
    ] {
        planner.follows("outbox_due", false, |connection| {
            outbox::is_due(connection, mail, &[class], MOMENT)
        });
        planner.follows("outbox_due", false, |connection| {
            outbox::claim(connection, mail, class, "lease", MOMENT, MOMENT)
        });
    }
}

#[test]
fn what_is_over_is_swept_by_an_index() {
    type Sweep = fn(&mut AnyConnection, Timestamp, i64) -> Result<usize>;
    let sweeps: [(Sweep, &str); 16] = [
        (attempts::sweep, "attempts_by_age"),
        (browser_sessions::sweep, "browser_sessions_by_expiry"),
        (delivered_codes::sweep, "code_sendings_by_age"),
        (failed_names::sweep, "failed_names_by_age"),
        (invitations::sweep, "invitations_by_expiry"),
        (journeys::sweep, "journeys_by_expiry"),
        (objections::sweep, "objections_by_expiry"),
        (
            openid_client_secrets::sweep,
            "openid_client_secrets_by_expiry",
        ),
        (outbox::sweep, "outbox_ended"),
        (passes::sweep, "passes_by_expiry"),
        (recoveries::sweep, "recoveries_by_expiry"),
        (sessions::sweep, "sessions_by_expiry"),
        (sessions::sweep_idle, "sessions_by_activity"),
        (spent_challenges::sweep, "spent_challenges_by_expiry"),
        (spent_otps::sweep, "spent_otps_by_age"),
        (trusted_browsers::sweep, "trusted_browsers_by_expiry"),
    ];
    let mut planner = Planner::new();
    for (sweep, index) in sweeps {
        planner.follows(index, false, |connection| sweep(connection, MOMENT, 100));
    }
}
