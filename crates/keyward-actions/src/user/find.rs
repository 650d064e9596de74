//! Finding people.

use crate::App;
use crate::pieces;
use keyward_core::domain::erasure::of_tombstone;
use keyward_core::domain::user::{User, UserId, UserPage, UserPlace};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;
use keyward_store::user_list;
use keyward_store::{search, users};

/// The most people that a filter means.
const MOST_MEANT: usize = 20;

/// Whom a filter means.
#[derive(Clone, Debug, Default)]
pub struct ResolvedFilter {
    /// Those.
    pub people: Vec<UserId>,
    /// Whether there are others.
    pub are_more: bool,
}

/// The user of this id.
///
/// # Errors
/// `user.unknown`
pub async fn find(app: &App, _: &MayLookUp, id: UserId) -> Result<User> {
    app.store
        .look(move |connection| users::expect(connection, id))
        .await
}

/// The user of this name, compared without regard to case.
///
/// # Errors
/// The store's.
pub async fn find_by_name(app: &App, _: &MayLookUp, name: &str) -> Result<Option<User>> {
    let name = name.to_owned();
    app.store
        .look(move |connection| users::by_name(connection, &name))
        .await
}

/// A page of users in the order of their names; where `search` is not empty, of those whose name
/// begins so, and after them of those in whose name or e-mail address it stands.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    search: &str,
    after: Option<UserPlace>,
    limit: usize,
) -> Result<UserPage> {
    let search = search.to_owned();
    app.store
        .read(move |connection| user_list::page(connection, &search, after.as_ref(), limit))
        .await
}

/// The same of those who have no device.
///
/// # Errors
/// The store's.
pub async fn list_without_device(
    app: &App,
    _: &MayLookUp,
    search: &str,
    after: Option<UserPlace>,
    limit: usize,
) -> Result<UserPage> {
    let search = search.to_owned();
    app.store
        .read(move |connection| {
            user_list::page_without_device(connection, &search, after.as_ref(), limit)
        })
        .await
}

/// Whom a filter means: who has this name or this tombstone, else those in whose name or address it stands, the
/// first of them where they are many.
///
/// # Errors
/// The store's.
pub async fn meant(app: &App, staff: &MayLookUp, typed: &str) -> Result<ResolvedFilter> {
    if let Some(user) = find_by_name(app, staff, typed).await? {
        return Ok(ResolvedFilter {
            people: vec![user.id],
            are_more: false,
        });
    }
    if let Some(gone) = of_tombstone(typed) {
        return Ok(ResolvedFilter {
            people: vec![gone],
            are_more: false,
        });
    }
    let page = list(app, staff, typed, None, MOST_MEANT).await?;
    Ok(ResolvedFilter {
        people: page.users.iter().map(|summary| summary.user.id).collect(),
        are_more: page.next.is_some(),
    })
}

/// Lets everybody be found who cannot be yet, and counts them.
///
/// # Errors
/// The store's.
pub async fn catch_up_with_search(app: &App) -> Result<usize> {
    if !app.store.look(search::lacks_some).await? {
        return Ok(0);
    }
    pieces::write_in_pieces(app, search::catch_up).await
}
