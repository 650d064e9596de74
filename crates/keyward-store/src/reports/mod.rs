//! What reports tell: how many people are covered by which devices, a row a day, and how many keys there are
//! of which firmware.

mod schema;

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use self::schema::coverage;
use crate::connection::{AnyConnection, failed, listed, unreadable};
use crate::judgements::{self, Judged};
use crate::schema::devices;
use keyward_core::clock::Timestamp;
use keyward_core::domain::coverage::{
    CountedCoverage, Coverage, CoverageFilter, CoverageOf, CoveragePlace, Day,
};
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::key::{FirmwareCount, FirmwarePlace, KeyState};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// Some people with what is counted of each.
#[derive(Debug)]
pub struct People {
    /// Who, in the order of their ids.
    pub users: Vec<UserId>,
    /// Their devices, those of one user together.
    pub devices: Vec<Judged>,
    /// Which of those prove nothing at the moment: they are on hold, or lost.
    pub idle: HashSet<DeviceId>,
    /// The groups of each.
    pub groups: HashMap<UserId, Vec<GroupName>>,
}

/// People after one, at most so many.
pub fn people(connection: &mut AnyConnection, after: Option<UserId>, limit: i64) -> Result<People> {
    let users = judgements::owners_page(connection, None, false, after, limit)?;
    let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
    let idle = devices::table
        .filter(devices::user_id.eq_any(ids))
        .filter(devices::state.ne(DeviceState::Active.as_str()))
        .select(devices::id)
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(People {
        idle: idle
            .iter()
            .filter_map(|id| DeviceId::from_stored(id))
            .collect(),
        devices: judgements::devices_of(connection, &users)?,
        groups: crate::groups::of_users(connection, &users)?,
        users,
    })
}

/// Writes what was counted, in place of what was counted before on that day.
pub fn put(connection: &mut AnyConnection, counted: &[CountedCoverage]) -> Result<()> {
    for row in counted {
        let figures = row.coverage;
        let number = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
        diesel::sql_query(
            "INSERT INTO coverage (group_name, day, users, with_device, two_devices, \
             phishing_resistant, hardware_only, counted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (group_name, day) DO UPDATE SET \
             users = excluded.users, with_device = excluded.with_device, \
             two_devices = excluded.two_devices, \
             phishing_resistant = excluded.phishing_resistant, \
             hardware_only = excluded.hardware_only, counted_at = excluded.counted_at \
             WHERE coverage.counted_at <= excluded.counted_at",
        )
        .bind::<Text, _>(row.place().group)
        .bind::<BigInt, _>(row.day.number())
        .bind::<BigInt, _>(number(figures.users))
        .bind::<BigInt, _>(number(figures.with_device))
        .bind::<BigInt, _>(number(figures.two_devices))
        .bind::<BigInt, _>(number(figures.phishing_resistant))
        .bind::<BigInt, _>(number(figures.hardware_only))
        .bind::<BigInt, _>(row.counted_at.millis())
        .execute(connection)
        .map_err(failed)?;
    }
    Ok(())
}

/// Removes groups' figures of a day that were counted before a moment: those of groups that are no more.
pub fn remove_earlier(
    connection: &mut AnyConnection,
    day: Day,
    counted_before: Timestamp,
) -> Result<()> {
    diesel::delete(
        coverage::table
            .filter(coverage::day.eq(day.number()))
            .filter(coverage::counted_at.lt(counted_before.millis())),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Whether everybody was counted on a day.
pub fn is_counted(connection: &mut AnyConnection, day: Day) -> Result<bool> {
    let row = coverage::table.find(("", day.number()));
    diesel::select(diesel::dsl::exists(row))
        .get_result(connection)
        .map_err(failed)
}

/// The last day on which everybody was counted.
pub fn last_day(connection: &mut AnyConnection) -> Result<Option<Day>> {
    coverage::table
        .filter(coverage::group_name.eq(""))
        .order(coverage::day.desc())
        .select(coverage::day)
        .first::<i64>(connection)
        .optional()
        .map(|day| day.map(Day::from_number))
        .map_err(failed)
}

type Row = (String, i64, i64, i64, i64, i64, i64, i64);

fn read(row: Row) -> Result<CountedCoverage> {
    let (group, day, users, with_device, two_devices, phishing_resistant, hardware_only, at) = row;
    let number =
        |number: i64| u64::try_from(number).map_err(|_| unreadable("coverage", &group, "a number"));
    Ok(CountedCoverage {
        coverage: Coverage {
            users: number(users)?,
            with_device: number(with_device)?,
            two_devices: number(two_devices)?,
            phishing_resistant: number(phishing_resistant)?,
            hardware_only: number(hardware_only)?,
        },
        day: Day::from_number(day),
        counted_at: Timestamp::from_millis(at),
        group: (!group.is_empty()).then(|| GroupName::from_stored(&group)),
    })
}

/// What was counted: everybody first, then groups by name, each from the first day on; at most so much after
/// a place.
pub fn list(
    connection: &mut AnyConnection,
    filter: &CoverageFilter,
    after: Option<&CoveragePlace>,
    limit: i64,
) -> Result<Vec<CountedCoverage>> {
    let mut query = coverage::table
        .order((coverage::group_name, coverage::day))
        .limit(limit)
        .into_boxed();
    match &filter.of {
        CoverageOf::All => {}
        CoverageOf::Everybody => query = query.filter(coverage::group_name.eq("")),
        CoverageOf::Group(group) => {
            query = query.filter(coverage::group_name.eq(group.as_str().to_owned()));
        }
    }
    if let Some(since) = filter.since {
        query = query.filter(coverage::day.ge(since.number()));
    }
    if let Some(after) = after {
        let next = coverage::group_name
            .gt(after.group.clone())
            .or(coverage::group_name
                .eq(after.group.clone())
                .and(coverage::day.gt(after.day.number())));
        query = query
            .filter(coverage::group_name.ge(after.group.clone()))
            .filter(next);
    }
    let rows = query.load::<Row>(connection).map_err(failed)?;
    rows.into_iter().map(read).filter_map(listed).collect()
}

/// Removes what was counted before the day of a moment, at most so many rows, and counts them.
pub fn sweep(connection: &mut AnyConnection, before: Timestamp, limit: i64) -> Result<usize> {
    diesel::sql_query(
        "DELETE FROM coverage WHERE (group_name, day) IN \
         (SELECT group_name, day FROM coverage WHERE day < $1 ORDER BY day, group_name LIMIT $2)",
    )
    .bind::<BigInt, _>(Day::of(before).number())
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .map_err(failed)
}

#[derive(QueryableByName)]
struct FirmwareRow {
    #[diesel(sql_type = Text)]
    maker: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Text)]
    firmware: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

/// How many keys there are of each maker, model, firmware and state, in this order; at most so many after a
/// place. It follows an index that has nothing else in it.
pub fn firmware(
    connection: &mut AnyConnection,
    after: Option<&FirmwarePlace>,
    limit: i64,
) -> Result<Vec<FirmwareCount>> {
    // No state is empty: nothing stands before the first place.
    let after = after.cloned().unwrap_or_default();
    let rows = diesel::sql_query(
        "SELECT maker, model, firmware, state, COUNT(*) AS counted FROM keys \
         WHERE (maker, model, firmware, state) > ($1, $2, $3, $4) \
         GROUP BY maker, model, firmware, state \
         ORDER BY maker, model, firmware, state LIMIT $5",
    )
    .bind::<Text, _>(after.maker)
    .bind::<Text, _>(after.model)
    .bind::<Text, _>(after.firmware)
    .bind::<Text, _>(after.state)
    .bind::<BigInt, _>(limit)
    .load::<FirmwareRow>(connection)
    .map_err(failed)?;
    let count = |row: FirmwareRow| {
        let bad = || unreadable("keys", &row.state, "state");
        Ok(FirmwareCount {
            state: KeyState::from_stored(&row.state).ok_or_else(bad)?,
            keys: row.counted.try_into().unwrap_or_default(),
            maker: row.maker,
            model: row.model,
            firmware: row.firmware,
        })
    };
    rows.into_iter().map(count).filter_map(listed).collect()
}
