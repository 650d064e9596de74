//! `[policy]`

use std::time::Duration;

use super::form::{Form, Given};
use super::forms::{days, duration, minutes};
use super::section::section;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::RequireSecondFactor;

section! {
    /// What the organisation asks of its people.
    Policy = "policy" {
        /// Who must have a second factor. The groups of a list come on top of the superusers; the
        /// console opens for a second factor only, whatever stands here.
        require_second_factor "require_second_factor": RequireSecondFactor = required().or("superusers");
        /// How long a user without a second factor may go on with the password alone, once one is
        /// asked of them and no policy of theirs says another grace. Until then they are reminded
        /// on their pages and by mail; afterwards nothing but the enrolment opens.
        grace "grace": Duration = duration(minutes(0)..=days(365)).or("0");
    }
}

fn required() -> Form<RequireSecondFactor> {
    Form::new(
        "`superusers`, `all`, `optional` or a list of groups",
        |given: &Given| match given.text() {
            Ok("superusers") => Ok(RequireSecondFactor::Superusers),
            Ok("all") => Ok(RequireSecondFactor::All),
            Ok("optional") => Ok(RequireSecondFactor::Optional),
            Ok(text) if !text.trim_start().starts_with('[') => Err(format!(
                "\"{text}\" is none of superusers, all, optional; groups are written as a list"
            )),
            _ => groups(given).map(RequireSecondFactor::Groups),
        },
    )
}

fn groups(given: &Given) -> Result<Vec<GroupName>, String> {
    let groups: Vec<GroupName> = given
        .list()?
        .iter()
        .map(|name| {
            let name = name.text()?;
            GroupName::parse(name).map_err(|_| {
                format!("\"{name}\" is not a group: 1 to 64 characters, no spaces, no commas")
            })
        })
        .collect::<Result<_, String>>()?;
    if groups.is_empty() {
        return Err("must name a group at least; for nobody write \"optional\"".to_owned());
    }
    Ok(groups)
}
