//! What a user is called and reached by, changed later on; and which texts name whom at the
//! sign-in: a user name, or an e-mail address that is one user's alone.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, prepared};
use super::prepared_statements;
use super::schema::users;
use super::search;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::user::{EmailAddress, UserId, UserName, fold};
use keyward_core::problem::{Result, codes};

/// Gives a user another name.
///
/// # Errors
/// `user.name_taken`, also where it is another user's e-mail address: it would name two people at
/// the sign-in.
pub fn rename(connection: &mut AnyConnection, id: UserId, name: &UserName) -> Result<()> {
    let folded = name.folded();
    refuse_anothers_address(connection, &folded, id)?;
    let renamed = prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set((
        users::name.eq(name.as_str()),
        users::name_folded.eq(&folded),
    ))
    .execute(c));
    if is_taken(&renamed) {
        return Err(codes::USER_NAME_TAKEN.into());
    }
    renamed.map_err(failed)?;
    search::keep(connection, id)
}

/// Says where mail reaches a user from now on.
///
/// # Errors
/// `user.email_is_name` where it is another user's user name.
pub fn set_email(
    connection: &mut AnyConnection,
    id: UserId,
    email: Option<&EmailAddress>,
) -> Result<()> {
    let folded = email.map(|email| fold(email.as_str()));
    if let Some(folded) = &folded {
        refuse_anothers_name(connection, folded, id)?;
    }
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set((
        users::email.eq(email.map(EmailAddress::as_str)),
        users::email_folded.eq(folded),
    ))
    .execute(c))
    .map_err(failed)?;
    search::keep(connection, id)
}

/// Says what a user is called from now on.
pub fn set_display_name(
    connection: &mut AnyConnection,
    id: UserId,
    name: Option<&DisplayName>,
) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set(users::display_name.eq(name.map(DisplayName::as_str)))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Refuses a user name that is the e-mail address of a user besides `id`.
///
/// # Errors
/// `user.name_taken`
pub(super) fn refuse_anothers_address(
    connection: &mut AnyConnection,
    folded: &str,
    id: UserId,
) -> Result<()> {
    if !folded.contains('@') {
        return Ok(());
    }
    let owners = of_address(connection, folded)?;
    match owners.iter().any(|owner| *owner != id.to_string()) {
        true => Err(codes::USER_NAME_TAKEN.into()),
        false => Ok(()),
    }
}

/// Refuses an e-mail address that is the user name of a user besides `id`.
///
/// # Errors
/// `user.email_is_name`
pub(super) fn refuse_anothers_name(
    connection: &mut AnyConnection,
    folded: &str,
    id: UserId,
) -> Result<()> {
    let owner = prepared!(connection, |c| users::table
        .filter(users::name_folded.eq(folded))
        .select(users::id)
        .get_result::<String>(c))
    .optional()
    .map_err(failed)?;
    match owner.is_some_and(|owner| owner != id.to_string()) {
        true => Err(codes::USER_EMAIL_IS_NAME.into()),
        false => Ok(()),
    }
}

/// The user name that a text stands for at the sign-in.
#[derive(Debug)]
pub struct SignInName {
    /// The folded name. It may be no user's.
    pub folded: String,
    /// Whether the text is the e-mail address of several, and so names none of them.
    pub is_of_several: bool,
}

/// The user name that a text stands for at the sign-in: itself, where a user has it as a name, or
/// else the name of the one user whose e-mail address it is. An address of two users names neither:
/// which of them would be asked for a password is not for chance to say.
pub fn signs_in_as(connection: &mut AnyConnection, folded: &str) -> Result<SignInName> {
    let own = |is_of_several| SignInName {
        folded: folded.to_owned(),
        is_of_several,
    };
    if !folded.contains('@') {
        return Ok(own(false));
    }
    let named = prepared!(connection, |c| users::table
        .filter(users::name_folded.eq(folded))
        .select(users::id)
        .get_result::<String>(c))
    .optional()
    .map_err(failed)?;
    // Looked up whether or not a user has the name: what a stranger waits for is the same.
    let reached = prepared!(connection, |c| users::table
        .filter(users::email_folded.eq(folded))
        .order(users::id)
        .limit(2)
        .select(users::name_folded)
        .load::<String>(c))
    .map_err(failed)?;
    Ok(match (named, reached.as_slice()) {
        (None, [only]) => SignInName {
            folded: only.clone(),
            is_of_several: false,
        },
        (None, [_, _, ..]) => own(true),
        _ => own(false),
    })
}

fn of_address(connection: &mut AnyConnection, folded: &str) -> Result<Vec<String>> {
    prepared!(connection, |c| users::table
        .filter(users::email_folded.eq(folded))
        .order(users::id)
        .limit(2)
        .select(users::id)
        .load::<String>(c))
    .map_err(failed)
}
