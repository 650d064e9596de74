//! Applications: their hosts, their rules, and how often any of that changed.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, is_taken, unreadable};
use super::counts;
use super::schema::{
    application_hosts, application_rule_groups, application_rule_users, application_rules,
    applications, groups as group_table, users,
};
use super::users as user_table;
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{
    Application, ApplicationId, ApplicationName, ApplicationSettings, HostPattern, Level, Method,
    PathPattern, Requirement, Rule, RuleUser, Who,
};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};

const CHANGES: &str = "application_changes";

#[derive(Queryable)]
struct ApplicationRow {
    id: String,
    name: String,
    _name_folded: String,
    contact: String,
    version: i64,
    created_at: i64,
}

#[derive(Queryable)]
struct RuleRow {
    application_id: String,
    position: i64,
    methods: String,
    path: String,
    who: String,
    level: String,
    within: Option<i64>,
    takes_tokens: bool,
}

/// What rules of which applications name.
type Named<T> = HashMap<(String, i64), Vec<T>>;

/// How often applications were changed, all of them together: what was read before a change is no
/// longer what is there.
pub fn changes(connection: &mut AnyConnection) -> Result<i64> {
    counts::tally(connection, CHANGES)
}

pub(super) fn count_change(connection: &mut AnyConnection) -> Result<()> {
    counts::count_on(connection, CHANGES)
}

/// All applications, by name.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<Application>> {
    let rows = applications::table
        .order((applications::name_folded, applications::id))
        .load::<ApplicationRow>(connection)
        .map_err(failed)?;
    read(connection, rows, None)
}

/// The application of this id.
pub fn by_id(connection: &mut AnyConnection, id: ApplicationId) -> Result<Option<Application>> {
    let row = applications::table
        .find(id.to_string())
        .load::<ApplicationRow>(connection)
        .map_err(failed)?;
    Ok(read(connection, row, Some(id))?.pop())
}

/// The application of this name.
pub fn by_name(
    connection: &mut AnyConnection,
    name: &ApplicationName,
) -> Result<Option<Application>> {
    let id: Option<String> = applications::table
        .filter(applications::name_folded.eq(name.folded()))
        .select(applications::id)
        .first(connection)
        .optional()
        .map_err(failed)?;
    match id.as_deref().and_then(ApplicationId::from_stored) {
        Some(id) => by_id(connection, id),
        None => Ok(None),
    }
}

fn read(
    connection: &mut AnyConnection,
    rows: Vec<ApplicationRow>,
    only: Option<ApplicationId>,
) -> Result<Vec<Application>> {
    let only = only.map(|id| id.to_string());
    let mut hosts = hosts(connection, only.as_deref())?;
    let mut rules = rules(connection, only.as_deref())?;
    rows.into_iter()
        .map(|row| {
            let bad = |what| unreadable("applications", &row.id, what);
            Ok(Application {
                id: ApplicationId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
                settings: ApplicationSettings {
                    name: ApplicationName::from_stored(&row.name),
                    hosts: hosts.remove(&row.id).unwrap_or_default(),
                    rules: rules.remove(&row.id).unwrap_or_default(),
                    contact: row.contact,
                },
                version: row.version,
                created_at: Timestamp::from_millis(row.created_at),
            })
        })
        .collect()
}

fn hosts(
    connection: &mut AnyConnection,
    only: Option<&str>,
) -> Result<HashMap<String, Vec<HostPattern>>> {
    let mut query = application_hosts::table
        .order((
            application_hosts::application_id,
            application_hosts::position,
        ))
        .select((application_hosts::application_id, application_hosts::host))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(application_hosts::application_id.eq(id));
    }
    let mut found: HashMap<String, Vec<HostPattern>> = HashMap::new();
    for (application, host) in query.load::<(String, String)>(connection).map_err(failed)? {
        let host = HostPattern::from_stored(&host)
            .ok_or_else(|| unreadable("application_hosts", &host, "host"))?;
        found.entry(application).or_default().push(host);
    }
    Ok(found)
}

fn rules(connection: &mut AnyConnection, only: Option<&str>) -> Result<HashMap<String, Vec<Rule>>> {
    let mut query = application_rules::table
        .order((
            application_rules::application_id,
            application_rules::position,
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(application_rules::application_id.eq(id));
    }
    let rows = query.load::<RuleRow>(connection).map_err(failed)?;
    let mut groups = named_groups(connection, only)?;
    let mut users = named_users(connection, only)?;
    let mut found: HashMap<String, Vec<Rule>> = HashMap::new();
    for row in rows {
        let place = (row.application_id.clone(), row.position);
        let groups = groups.remove(&place).unwrap_or_default();
        let users = users.remove(&place).unwrap_or_default();
        // Fail closed: nothing after a rule that cannot be read lets anybody pass.
        let rule = row.into_rule(groups, users).unwrap_or_else(|problem| {
            tracing::error!("{problem}: whatever comes to this rule is denied");
            Rule {
                methods: Vec::new(),
                path: PathPattern::everything(),
                who: Who::Deny,
                requires: Requirement::default(),
                takes_tokens: false,
            }
        });
        found.entry(place.0).or_default().push(rule);
    }
    Ok(found)
}

fn named_groups(connection: &mut AnyConnection, only: Option<&str>) -> Result<Named<GroupName>> {
    use application_rule_groups as named;
    let mut query = named::table
        .inner_join(group_table::table.on(group_table::id.eq(named::group_id)))
        .order((named::application_id, named::position, group_table::name))
        .select((named::application_id, named::position, group_table::name))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(named::application_id.eq(id));
    }
    let mut found: Named<GroupName> = HashMap::new();
    let rows = query.load::<(String, i64, String)>(connection);
    for (application, position, name) in rows.map_err(failed)? {
        let names = found.entry((application, position)).or_default();
        names.push(GroupName::from_stored(&name));
    }
    Ok(found)
}

fn named_users(connection: &mut AnyConnection, only: Option<&str>) -> Result<Named<RuleUser>> {
    use application_rule_users as named;
    let mut query = named::table
        .inner_join(users::table)
        .order((named::application_id, named::position, users::name_folded))
        .select((
            named::application_id,
            named::position,
            users::id,
            users::name,
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(named::application_id.eq(id));
    }
    let mut found: Named<RuleUser> = HashMap::new();
    let rows = query.load::<(String, i64, String, String)>(connection);
    for (application, position, id, name) in rows.map_err(failed)? {
        let user = RuleUser {
            id: UserId::from_stored(&id),
            name,
        };
        found.entry((application, position)).or_default().push(user);
    }
    Ok(found)
}

impl RuleRow {
    fn into_rule(self, groups: Vec<GroupName>, users: Vec<RuleUser>) -> Result<Rule> {
        let bad = |what| unreadable("application_rules", &self.application_id, what);
        let methods = self.methods.split(',').filter(|method| !method.is_empty());
        let methods: Option<Vec<Method>> = methods.map(Method::from_stored).collect();
        let within = match self.within {
            Some(millis) => Some(u64::try_from(millis).map_err(|_| bad("within"))?),
            None => None,
        };
        Ok(Rule {
            methods: methods.ok_or_else(|| bad("methods"))?,
            path: PathPattern::from_stored(&self.path).ok_or_else(|| bad("path"))?,
            who: match self.who.as_str() {
                "bypass" => Who::Bypass,
                "deny" => Who::Deny,
                "anyone" => Who::Anyone,
                "members" => Who::Members { groups, users },
                _ => return Err(bad("who")),
            },
            requires: Requirement {
                level: Level::from_stored(&self.level).ok_or_else(|| bad("level"))?,
                within: within.map(Duration::from_millis),
            },
            takes_tokens: self.takes_tokens,
        }
        .settled())
    }
}

/// Adds an application.
///
/// # Errors
/// `application.taken` where there is one of this name or with one of these hosts, `group.unknown`,
/// `user.unknown`
pub fn insert(connection: &mut AnyConnection, application: &Application) -> Result<()> {
    let settings = &application.settings;
    let inserted = diesel::insert_into(applications::table)
        .values((
            applications::id.eq(application.id.to_string()),
            applications::name.eq(settings.name.as_str()),
            applications::name_folded.eq(settings.name.folded()),
            applications::contact.eq(&settings.contact),
            applications::version.eq(application.version),
            applications::created_at.eq(application.created_at.millis()),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(taken(settings.name.as_str()));
    }
    inserted.map_err(failed)?;
    insert_parts(connection, application.id, settings)?;
    count_change(connection)
}

/// Replaces an application's settings; `false` where it is not of this version any more, or gone.
///
/// # Errors
/// As [`insert`].
pub fn update(
    connection: &mut AnyConnection,
    id: ApplicationId,
    version: i64,
    settings: &ApplicationSettings,
) -> Result<bool> {
    let row = id.to_string();
    let updated = diesel::update(
        applications::table
            .find(&row)
            .filter(applications::version.eq(version)),
    )
    .set((
        applications::name.eq(settings.name.as_str()),
        applications::name_folded.eq(settings.name.folded()),
        applications::contact.eq(&settings.contact),
        applications::version.eq(version.saturating_add(1)),
    ))
    .execute(connection);
    if is_taken(&updated) {
        return Err(taken(settings.name.as_str()));
    }
    if updated.map_err(failed)? != 1 {
        return Ok(false);
    }
    diesel::delete(application_hosts::table.filter(application_hosts::application_id.eq(&row)))
        .execute(connection)
        .map_err(failed)?;
    remove_rules(connection, &row)?;
    insert_parts(connection, id, settings)?;
    count_change(connection)?;
    Ok(true)
}

/// Takes an application its hosts, until [`update`] gives it some again: others can have them meanwhile.
pub fn release_hosts(connection: &mut AnyConnection, id: ApplicationId) -> Result<()> {
    let of_it = application_hosts::application_id.eq(id.to_string());
    diesel::delete(application_hosts::table.filter(of_it))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Removes an application; `false` where there is none.
pub fn remove(connection: &mut AnyConnection, id: ApplicationId) -> Result<bool> {
    let removed = diesel::delete(applications::table.find(id.to_string()))
        .execute(connection)
        .map_err(failed)?;
    if removed == 1 {
        count_change(connection)?;
    }
    Ok(removed == 1)
}

fn remove_rules(connection: &mut AnyConnection, application: &str) -> Result<()> {
    use application_rule_groups as groups;
    use application_rule_users as users;
    diesel::delete(groups::table.filter(groups::application_id.eq(application)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(users::table.filter(users::application_id.eq(application)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(
        application_rules::table.filter(application_rules::application_id.eq(application)),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

fn insert_parts(
    connection: &mut AnyConnection,
    id: ApplicationId,
    settings: &ApplicationSettings,
) -> Result<()> {
    let id = id.to_string();
    for (position, host) in (0_i64..).zip(&settings.hosts) {
        let inserted = diesel::insert_into(application_hosts::table)
            .values((
                application_hosts::host.eq(host.to_string()),
                application_hosts::application_id.eq(&id),
                application_hosts::position.eq(position),
            ))
            .execute(connection);
        if is_taken(&inserted) {
            return Err(taken(&host.to_string()));
        }
        inserted.map_err(failed)?;
    }
    for (position, rule) in (0_i64..).zip(&settings.rules) {
        insert_rule(connection, &id, position, rule)?;
    }
    Ok(())
}

fn insert_rule(
    connection: &mut AnyConnection,
    application: &str,
    position: i64,
    rule: &Rule,
) -> Result<()> {
    let methods: Vec<&str> = rule.methods.iter().map(Method::as_str).collect();
    let within = rule.requires.within.map(|within| within.as_millis());
    diesel::insert_into(application_rules::table)
        .values((
            application_rules::application_id.eq(application),
            application_rules::position.eq(position),
            application_rules::methods.eq(methods.join(",")),
            application_rules::path.eq(rule.path.as_str()),
            application_rules::who.eq(match &rule.who {
                Who::Bypass => "bypass",
                Who::Deny => "deny",
                Who::Anyone => "anyone",
                Who::Members { .. } => "members",
            }),
            application_rules::level.eq(rule.requires.level.as_str()),
            application_rules::within
                .eq(within.map(|millis| i64::try_from(millis).unwrap_or(i64::MAX))),
            application_rules::takes_tokens.eq(rule.takes_tokens),
        ))
        .execute(connection)
        .map_err(failed)?;
    let Who::Members { groups, users } = &rule.who else {
        return Ok(());
    };
    for group in groups {
        let named = diesel::sql_query(
            "INSERT INTO application_rule_groups (application_id, position, group_id) \
             SELECT $1, $2, id FROM groups WHERE name = $3 AND removed_at IS NULL",
        )
        .bind::<Text, _>(application)
        .bind::<BigInt, _>(position)
        .bind::<Text, _>(group.as_str())
        .execute(connection)
        .map_err(failed)?;
        if named == 0 {
            return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(group.as_str()));
        }
    }
    for user in users {
        let found = user_table::by_name(connection, &user.name)?
            .ok_or_else(|| Problem::new(codes::USER_UNKNOWN).detailed(user.name.as_str()))?;
        let inserted = diesel::insert_into(application_rule_users::table)
            .values((
                application_rule_users::application_id.eq(application),
                application_rule_users::position.eq(position),
                application_rule_users::user_id.eq(found.id.to_string()),
            ))
            .execute(connection);
        // Named twice, in two ways to write the name.
        if !is_taken(&inserted) {
            inserted.map_err(failed)?;
        }
    }
    Ok(())
}

fn taken(what: &str) -> Problem {
    Problem::new(codes::APPLICATION_TAKEN).detailed(what)
}
