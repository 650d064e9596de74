//! `/console/users`

use actix_web::web::{Data, Form, Query};
use serde::Deserialize;

use super::paging::{ROWS, read, typed};
use crate::actions::user::NewAccount;
use crate::domain::group::GroupName;
use crate::domain::session::Client;
use crate::domain::user::{EmailAddress, UserName};
use crate::flows::permit::{Administrator, SteppedUp, Superuser};
use crate::problem::Result;
use crate::store::user_list::UserPlace;
use crate::views::Notice;
use crate::views::console::{NewUserPage, UserRow, UsersPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

#[derive(Deserialize)]
pub struct Asked {
    q: Option<String>,
    devices: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
pub struct Fields {
    username: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    groups: String,
    is_superuser: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    superuser: Superuser,
    Query(asked): Query<Asked>,
    reader: Reader,
    client: Client,
) -> Answer {
    let query = typed(asked.q)?.unwrap_or_default();
    let after = read(asked.after, place)?;
    let is_first_page = after.is_none();
    let administrator = Administrator::at_console(&superuser, client);
    let without_device = read(asked.devices, |text| (text == "none").then_some(()))?.is_some();
    let keyward = &site.keyward;
    let found = match without_device {
        false => keyward.users(&administrator, &query, after, ROWS).await?,
        true => {
            let found = keyward.users_without_device(&administrator, &query, after, ROWS);
            found.await?
        }
    };
    let users = found.users.iter();
    let page = UsersPage {
        query,
        without_device,
        users: users
            .map(|summary| UserRow::new(&summary.user, summary.devices))
            .collect(),
        next: found.next.as_ref().map(written),
        is_first_page,
    };
    reader.at_console(&superuser).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(superuser: Superuser, _: SteppedUp, reader: Reader) -> Answer {
    reader.at_console(&superuser).show(&NewUserPage::default())
}

/// Creates one.
pub async fn create(
    site: Data<Site>,
    superuser: Superuser,
    Form(fields): Form<Fields>,
    reader: Reader,
    client: Client,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let created = match account(&fields) {
        Ok(account) => site.keyward.create_user(&administrator, account).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(id) => {
            let name = fields.username.trim().to_owned();
            reader.tell(&format!("/console/users/{id}"), Notice::UserAdded { name })
        }
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || NewUserPage {
                is_superuser: fields.is_superuser(),
                username: fields.username,
                email: fields.email,
                groups: fields.groups,
            }),
    }
}

impl Fields {
    fn is_superuser(&self) -> bool {
        self.is_superuser.as_deref() == Some("true")
    }
}

fn account(fields: &Fields) -> Result<NewAccount> {
    let name = UserName::parse(&fields.username)?;
    let email = Some(fields.email.trim()).filter(|text| !text.is_empty());
    Ok(NewAccount {
        // Nobody learns the password of somebody else: their page sends a link for one.
        password: None,
        name,
        email: email.map(EmailAddress::parse).transpose()?,
        is_superuser: fields.is_superuser(),
        groups: groups(&fields.groups)?,
    })
}

/// Groups that were typed with commas between them.
pub(super) fn groups(typed: &str) -> Result<Vec<GroupName>> {
    let names = typed.split(',').map(str::trim);
    let names = names.filter(|text| !text.is_empty());
    names.map(GroupName::parse).collect()
}

/// A place in the list, as addresses carry it.
fn written(place: &UserPlace) -> String {
    match place {
        UserPlace::Name(name) => format!("name:{name}"),
        UserPlace::Found(place) => format!("found:{place}"),
    }
}

fn place(text: &str) -> Option<UserPlace> {
    if let Some(name) = text.strip_prefix("name:") {
        return Some(UserPlace::Name(name.to_owned()));
    }
    let place = text.strip_prefix("found:")?;
    place.parse().ok().map(UserPlace::Found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_address() {
        for one in [
            UserPlace::Name("name:anna".to_owned()),
            UserPlace::Found(1_000_000),
        ] {
            assert_eq!(place(&written(&one)), Some(one));
        }
        for other in ["", "anna", "found:", "found:a", "NAME:anna"] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
