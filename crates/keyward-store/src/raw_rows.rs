//! Rows as they are: what cannot be read, and the texts that people once typed, for a command that looks
//! whether all of them would be taken today.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::schema::{sessions, users};
use super::sessions::SessionRow;
use super::users::{COLUMNS, UserRow};
use super::{
    credentials, devices, groups, invitations, keys, openid_clients, otp_keys, policies,
    suspicions, trusted_browsers, validation_clients, yubikeys,
};
use keyward_core::domain::device::{Device, DeviceName};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::Invitation;
use keyward_core::domain::session::Session;
use keyward_core::domain::trusted_browser::KeyedBrowser;
use keyward_core::domain::user::{EmailAddress, User, UserName};
use keyward_core::problem::{Problem, Result};

/// How many rows are looked at in one read.
const PAGE: i64 = 1000;

/// A table that holds what people typed, or what lists are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Users.
    Users,
    /// Devices.
    Devices,
    /// Groups.
    Groups,
    /// Trusted browsers.
    Browsers,
    /// Invitations.
    Invitations,
    /// Sessions.
    Sessions,
    /// Passkeys and security keys.
    Credentials,
    /// Which YubiKeys are whose.
    Yubikeys,
    /// Why devices are on hold.
    Suspicions,
    /// Policies, with their drafts.
    Policies,
    /// Keys whose secrets are held here.
    HeldKeys,
    /// The inventory of keys.
    Keys,
    /// Clients of the validation server.
    ValidationClients,
    /// Clients of the OpenID provider.
    OpenidClients,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Users,
        Self::Devices,
        Self::Groups,
        Self::Browsers,
        Self::Invitations,
        Self::Sessions,
        Self::Credentials,
        Self::Yubikeys,
        Self::Suspicions,
        Self::Policies,
        Self::HeldKeys,
        Self::Keys,
        Self::ValidationClients,
        Self::OpenidClients,
    ];
}

/// A text that a user typed once.
#[derive(Debug)]
pub enum Typed {
    /// Of a user, or what an invitation becomes.
    UserName(UserName),
    /// Of a user or an invitation.
    Email(EmailAddress),
    /// Of a device or a trusted browser.
    DeviceName(DeviceName),
    /// Of a group.
    GroupName(GroupName),
}

/// What some rows hold.
#[derive(Debug, Default)]
pub struct Rows {
    /// Texts, each with the id of its row.
    pub typed: Vec<(String, Typed)>,
    /// Rows that cannot become what they should be.
    pub unreadable: Vec<Problem>,
    /// Where the next rows begin; `None` at the end.
    pub next: Option<String>,
}

impl Rows {
    fn of<T>(rows: Vec<(String, Result<T>)>, typed: impl Fn(T) -> Vec<Typed>) -> Self {
        let next = rows.last().map(|(id, _)| id.clone());
        let mut found = Self {
            next,
            ..Self::default()
        };
        for (id, row) in rows {
            match row {
                Ok(row) => {
                    let texts = typed(row).into_iter();
                    found.typed.extend(texts.map(|text| (id.clone(), text)));
                }
                Err(problem) => found.unreadable.push(problem),
            }
        }
        found
    }
}

/// The rows of a part after a row, which is empty for the first ones.
///
/// # Errors
/// `database.failed`
pub fn after(connection: &mut AnyConnection, part: Part, row: &str) -> Result<Rows> {
    Ok(match part {
        Part::Users => Rows::of(all_users(connection, row)?, of_user),
        Part::Devices => Rows::of(devices::as_they_are(connection, row, PAGE)?, of_device),
        Part::Groups => {
            let names = groups::as_they_are(connection, row, PAGE)?.into_iter();
            let rows = names.map(|name| (name.clone(), Ok(name))).collect();
            Rows::of(rows, |name: String| {
                vec![Typed::GroupName(GroupName::from_stored(&name))]
            })
        }
        Part::Browsers => {
            let rows = trusted_browsers::as_they_are(connection, row, PAGE)?;
            Rows::of(rows, |keyed: KeyedBrowser| {
                vec![Typed::DeviceName(keyed.browser.name)]
            })
        }
        Part::Invitations => {
            let rows = invitations::as_they_are(connection, row, PAGE)?;
            Rows::of(rows, |invitation: Invitation| {
                vec![Typed::Email(invitation.email)]
            })
        }
        Part::Sessions => {
            let rows = all_sessions(connection, row)?;
            Rows::of(rows, |_: Session| Vec::new())
        }
        Part::Credentials => untyped(credentials::as_they_are(connection, row, PAGE)?),
        Part::Yubikeys => untyped(yubikeys::as_they_are(connection, row, PAGE)?),
        Part::Suspicions => untyped(suspicions::as_they_are(connection, row, PAGE)?),
        Part::Policies => untyped(policies::as_they_are(connection, row)?),
        Part::HeldKeys => untyped(otp_keys::as_they_are(connection, row, PAGE)?),
        Part::Keys => untyped(keys::as_they_are(connection, row, PAGE)?),
        Part::ValidationClients => untyped(validation_clients::as_they_are(connection, row, PAGE)?),
        Part::OpenidClients => untyped(openid_clients::as_they_are(connection, row, PAGE)?),
    })
}

/// Rows that hold nothing that a user typed as a name.
fn untyped(rows: Vec<(String, Result<()>)>) -> Rows {
    Rows::of(rows, |()| Vec::new())
}

fn all_users(connection: &mut AnyConnection, after: &str) -> Result<Vec<(String, Result<User>)>> {
    let rows = users::table
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(PAGE)
        .select((users::id, COLUMNS))
        .load::<(String, UserRow)>(connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(id, row)| (id, row.try_into()))
        .collect())
}

fn all_sessions(
    connection: &mut AnyConnection,
    after: &str,
) -> Result<Vec<(String, Result<Session>)>> {
    let rows = sessions::table
        .filter(sessions::id.gt(after))
        .order(sessions::id)
        .limit(PAGE)
        .select((sessions::id, sessions::all_columns))
        .load::<(String, SessionRow)>(connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(id, row)| (id, row.try_into()))
        .collect())
}

fn of_user(user: User) -> Vec<Typed> {
    let name = std::iter::once(Typed::UserName(user.name));
    name.chain(user.email.map(Typed::Email)).collect()
}

fn of_device(device: Device) -> Vec<Typed> {
    vec![Typed::DeviceName(device.name)]
}
