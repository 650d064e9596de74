//! `/console/users/{id}/edit`

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::group_field::{GroupFields, field};
use super::user_address::{address, id};
use crate::views::Notice;
use crate::views::console::EditUserPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::user::{self, Edit};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::user::{EmailAddress, User, UserName};
use keyward_core::flows::permit::{Administrator, SteppedUp, Superuser};
use keyward_core::problem::Result;

#[derive(Deserialize)]
pub struct FormData {
    username: String,
    display_name: String,
    email: String,
    #[serde(flatten)]
    groups: GroupFields,
}

/// Asks for what shall be different.
pub async fn ask(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = user::find(&site.app, &administrator, id(&path)?).await?;
    let groups = user::groups_of(&site.app, &administrator, user.id).await?;
    let page = EditUserPage {
        id: user.id,
        name: user.name.to_string(),
        username: user.name.to_string(),
        display_name: user
            .display_name
            .map(|name| name.to_string())
            .unwrap_or_default(),
        email: user
            .email
            .map(|email| email.as_str().to_owned())
            .unwrap_or_default(),
        groups: field(&site, &administrator, &groups, String::new()).await?,
    };
    reader.at_console(&superuser).show(&page)
}

/// Changes it.
pub async fn save(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = user::find(&site.app, &administrator, id(&path)?).await?;
    match save_now(&site, &administrator, &user, &fields).await {
        Ok(user) => {
            let name = user.name.as_str().to_owned();
            reader.tell(&address(user.id), Notice::UserSaved { name })
        }
        Err(problem) => {
            let page = EditUserPage {
                id: user.id,
                name: user.name.to_string(),
                username: fields.username,
                display_name: fields.display_name,
                email: fields.email,
                groups: fields.groups.again(&site, &administrator).await?,
            };
            reader.at_console(&superuser).show_again(problem, || page)
        }
    }
}

/// What did not change is not looked at: a name from before a rule stays as it is.
async fn save_now(
    site: &Site,
    administrator: &Administrator,
    user: &User,
    fields: &FormData,
) -> Result<User> {
    let is = |field: &str, present: Option<&str>| field.trim() == present.unwrap_or_default();
    let edit = Edit {
        name: match is(&fields.username, Some(user.name.as_str())) {
            true => None,
            false => Some(UserName::parse(&fields.username)?),
        },
        display_name: match is(
            &fields.display_name,
            user.display_name.as_ref().map(DisplayName::as_str),
        ) {
            true => None,
            false => Some(given(&fields.display_name, DisplayName::parse)?),
        },
        email: match is(&fields.email, user.email.as_ref().map(EmailAddress::as_str)) {
            true => None,
            false => Some(given(&fields.email, EmailAddress::parse)?),
        },
        groups: Some(fields.groups.chosen(site, administrator).await?),
        edition: None,
    };
    user::edit(&site.app, administrator, user.id, edit).await
}

fn given<T>(field: &str, parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
    match field.trim() {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}
