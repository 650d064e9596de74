//! `/console/users/{id}`

use actix_web::web::{Data, Form, Path, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read};
use super::user_address::{address, id};
use crate::views::Notice;
use crate::views::console::{
    EventRow, HoldingRule, KeyRow, NoncompliantDevice, PassRow, PolicyStateRow, UserPage, UserRow,
    UserUpstreamRow,
};
use crate::views::pages::DeviceRow;
use crate::views::sessions::SessionRow;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_actions::lockout;
use keyward_actions::metadata;
use keyward_actions::pass;
use keyward_actions::policy;
use keyward_actions::role;
use keyward_actions::upstream;
use keyward_actions::user::{self, Profile};
use keyward_core::domain::attempt::FOR_GOOD;
use keyward_core::domain::event::EventId;
use keyward_core::domain::role::Role;
use keyward_core::domain::session::Session;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::{Administrator, MayLookUp, Staff, Superuser};
use keyward_core::problem::{Fault, Result};

#[derive(Deserialize)]
pub struct Params {
    after: Option<String>,
}

#[derive(Deserialize)]
pub struct Rights {
    grant: bool,
}

/// The user with everything that belongs to them.
pub async fn show(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    path: Path<String>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let before = read(asked.after, EventId::parse)?;
    let by = MayLookUp::at_console(&staff, client);
    let profile = user::profile(&site.app, &by, id(&path)?, before, ONE_MORE).await?;
    let found = profile.user.id;
    let policy_states = policy::device_states(&site.app, found).await?;
    let ids = profile.devices.iter().map(|device| device.id).collect();
    let pictures = metadata::model_pictures(&site.app, ids).await?;
    let mut page = page(profile, staff.session(), before.is_none());
    let now = site.app.now();
    let counted = page.devices.into_iter();
    let counted = counted.map(|device| device.judged(&policy_states).pictured(&pictures));
    page.devices = counted.collect();
    page.rules = HoldingRule::of(&policy_states.effective);
    let not_counting = page.devices.iter().filter_map(|device| {
        let policy_state = policy_states.stopping.get(&device.id)?;
        Some(NoncompliantDevice {
            name: device.name.clone(),
            policy_state: PolicyStateRow::new(policy_state, now),
        })
    });
    page.not_counting = not_counting.collect();
    let roles = role::of_user(&site.app, &by, found).await?;
    page.can_help = staff.is_superuser()
        || staff.has(Role::HelpDesk) && !page.user.is_superuser && roles.is_empty();
    page.roles = roles.into_iter().map(Role::as_str).collect();
    let pass = pass::of_user(&site.app, &by, page.user.id).await?;
    page.pass = pass.map(|pass| PassRow::new(&pass, &page.user.name));
    page.pass_form = Some(super::passes::form(&site));
    page.password =
        Some(super::password_links::state(&site, page.user.id, &page.user.email).await?);
    let upstream = upstream::of_user(&site.app, &by, found).await?;
    page.upstream = upstream.iter().map(UserUpstreamRow::from).collect();
    let keys = key::of_user(&site.app, &by, found).await?;
    page.keys = keys.iter().map(KeyRow::from).collect();
    reader.at_console(&staff).show(&page)
}

fn page(mut profile: Profile, looks: &Session, is_first_page: bool) -> UserPage {
    let here = looks.id;
    let is_more = cut(&mut profile.events);
    let last = profile.events.last().filter(|_| is_more);
    let user = &profile.user;
    let mut devices: Vec<DeviceRow> = profile
        .devices
        .iter()
        .map(|device| DeviceRow::new(device, user.default_device))
        .map(|device| device.suspected(&profile.suspicions))
        .collect();
    devices.sort_by_key(|device| !device.is_default);
    let groups = profile.groups.iter();
    UserPage {
        user: UserRow::new(user, devices.len().try_into().unwrap_or_default()),
        groups: groups.map(|group| group.as_str().to_owned()).collect(),
        roles: Vec::new(),
        can_help: false,
        is_self: user.id == looks.user_id,
        is_ended: profile.locked_until.is_some_and(|until| until >= FOR_GOOD),
        locked_until: profile.locked_until,
        devices,
        rules: Vec::new(),
        not_counting: Vec::new(),
        sessions: profile
            .sessions
            .iter()
            .map(|session| SessionRow::new(session, here))
            .collect(),
        session_count: profile.session_count,
        next: last.map(|event| event.id.to_string()),
        events: profile.events.iter().map(EventRow::from).collect(),
        is_first_page,
        pass: None,
        pass_form: None,
        password: None,
        upstream: Vec::new(),
        keys: Vec::new(),
    }
}

/// Lets them sign in again.
pub async fn enable(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let enabled = user::enable(&site.app, &administrator, id).await;
    answer_with(&reader, id, enabled, |name| Notice::UserEnabled { name })
}

/// Keeps them from signing in.
pub async fn disable(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let disabled = user::disable(&site.app, &administrator, id).await;
    answer_with(&reader, id, disabled, |name| Notice::UserDisabled { name })
}

/// Gives them the console, or takes it.
pub async fn superuser(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(rights): Form<Rights>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    if rights.grant {
        let granted = user::grant_superuser(&site.app, &administrator, id).await;
        return answer_with(&reader, id, granted, |name| Notice::SuperuserGranted {
            name,
        });
    }
    let withdrawn = user::withdraw_superuser(&site.app, &administrator, id).await;
    answer_with(&reader, id, withdrawn, |name| Notice::SuperuserWithdrawn {
        name,
    })
}

/// Erases them.
pub async fn delete(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    match user::delete(&site.app, &administrator, id).await {
        Ok(deletion) => {
            let name = deletion.user.name.as_str().to_owned();
            reader.tell("/console/users", Notice::UserDeleted { name })
        }
        refused => answer_with(&reader, id, refused.map(|deletion| deletion.user), |name| {
            Notice::UserDeleted { name }
        }),
    }
}

/// Forgets their failed tries.
pub async fn unlock(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let user = user::find(&site.app, &administrator, id).await?;
    lockout::unlock_user(&site.app, &administrator, id).await?;
    answer_with(&reader, id, Ok(user), |name| Notice::UserUnlocked { name })
}

/// Back to the user, with what was done or why it was not.
fn answer_with(
    reader: &Reader,
    id: UserId,
    done: Result<User>,
    notice: impl FnOnce(String) -> Notice,
) -> Answer {
    let notice = match done {
        Ok(user) => notice(user.name.as_str().to_owned()),
        Err(problem) if problem.fault() == Fault::Denied => Notice::refused(&problem),
        Err(problem) => return Err(problem.into()),
    };
    reader.tell(&address(id), notice)
}
