//! What can be listed: one declaration a list, from which the API's list, the command line's, the
//! console's and its export are taken.
//!
//! A list is declared by its [`Row`], whose fields are the columns everywhere, by its filters, and by
//! how it goes on from a place. What the console's pages leave out stands in `web/console/exports.rs`, with the
//! reason.

mod access;
mod applications;
mod csv;
mod devices;
mod enrolments;
mod events;
mod found_reports;
mod key_cases;
mod key_proposals;
mod keys;
mod list_query;
mod openid_clients;
mod people;
mod place;
mod policies;
mod reports;
mod validation;

use std::fmt::Debug;

pub use access::{ApiTokens, Lockouts, Passes, Sessions};
pub use applications::Applications;
pub use csv::{as_typed, heading, line};
pub use devices::{Credentials, Devices};
pub use enrolments::Enrolments;
pub use events::Events;
pub use found_reports::FoundReports;
pub use key_cases::KeyCases;
pub use key_proposals::KeyProposals;
pub use keys::Keys;
pub use list_query::{ListQuery, MOST_DAYS, OwnerFilter, Reading, exactly};
pub use openid_clients::OpenidClients;
pub use people::{Groups, Invitations, Users};
pub use place::Place;
pub use policies::Policies;
pub use reports::{CoverageReport, FirmwareReport};
pub use validation::{ValidationClients, ValidationServices};

use crate::rows::Row;
use keyward_actions::App;
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::Result;

/// What a filter takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Any text.
    Text,
    /// A user: by id or name, at the console also by a part of names and addresses.
    User,
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// A moment (RFC 3339), or a day, which begins at midnight UTC.
    Moment,
    /// A number of days.
    Days,
}

/// What a list can be narrowed by.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name, in queries and forms; the option of the command line has hyphens in it.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it leaves, in one sentence.
    pub says: &'static str,
}

impl Filter {
    /// The things of one user.
    const OF_USER: Self = Self {
        name: "user",
        takes: Takes::User,
        says: "Of this user, by id or name.",
    };
}

/// A column of what commands print for people, who need not see every field.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The field.
    pub field: &'static str,
    /// What stands above it; the field's name where nothing is said.
    pub heading: Option<&'static str>,
    /// What stands for nothing.
    pub none: &'static str,
    /// Whether the number of what it holds stands for that.
    pub is_counted: bool,
}

impl Column {
    /// A field under its own name.
    pub const fn of(field: &'static str) -> Self {
        Self {
            field,
            heading: None,
            none: "",
            is_counted: false,
        }
    }

    /// Under another heading.
    pub const fn headed(self, heading: &'static str) -> Self {
        Self {
            heading: Some(heading),
            ..self
        }
    }

    /// With a word where there is nothing.
    pub const fn or(self, none: &'static str) -> Self {
        Self { none, ..self }
    }

    /// How many there are in it.
    pub const fn counted(self) -> Self {
        Self {
            is_counted: true,
            ..self
        }
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<I, P> {
    /// What is on it.
    pub items: Vec<I>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<P>,
}

impl<I, P> Page<I, P> {
    /// A page of what was found where one more than its size was looked for.
    pub fn cut(mut items: Vec<I>, size: usize, place: impl FnOnce(&I) -> P) -> Self {
        let is_more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| is_more).map(place);
        Self { items, next }
    }
}

impl<I, P: Ord> Page<I, P> {
    /// A page of what is read whole each time, since there are few.
    pub fn of_few(
        mut all: Vec<I>,
        after: Option<&P>,
        size: usize,
        place: impl Fn(&I) -> P,
    ) -> Self {
        all.sort_by_key(&place);
        all.retain(|one| after.is_none_or(|after| place(one) > *after));
        Self::cut(all, size, place)
    }
}

/// How many to look for where a page has so many.
pub fn one_more(size: usize) -> i64 {
    i64::try_from(size).map_or(i64::MAX, |size| size.saturating_add(1))
}

/// Who may read a list.
pub trait Reads: Sized {
    /// As whom who may read everything reads it.
    fn of(by: &MayAudit) -> &Self;
}

impl Reads for MayAudit {
    fn of(by: &MayAudit) -> &Self {
        by
    }
}

impl Reads for MayLookUp {
    fn of(by: &MayAudit) -> &Self {
        by
    }
}

/// A list under its filters: the value holds what they were set to.
pub trait List: Debug + Default + Sized + 'static {
    /// Its address below the API's.
    const PATH: &'static str;
    /// What is in it, in which order.
    const SAYS: &'static str;
    /// What it can be narrowed by.
    const FILTERS: &'static [Filter] = &[];
    /// What commands print of it for people.
    const COLUMNS: &'static [Column];
    /// What is told of one.
    type Row: Row;
    /// One, as actions give it.
    type Item;
    /// Where a page begins.
    type Place: Place;
    /// Who may read it.
    type By: Reads;

    /// The list under the filters that were asked for; all of it where it has none.
    ///
    /// # Errors
    /// `user.unknown`
    fn under(_: &ListQuery, _: &App, _: &Self::By) -> impl Future<Output = Result<Self>> {
        async { Ok(Self::default()) }
    }

    /// A page of it.
    ///
    /// # Errors
    /// The store's.
    fn page(
        &self,
        app: &App,
        by: &Self::By,
        after: Option<Self::Place>,
        size: usize,
    ) -> impl Future<Output = Result<Page<Self::Item, Self::Place>>>;

    /// What is told of these.
    ///
    /// # Errors
    /// The store's.
    fn rows(
        app: &App,
        by: &Self::By,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Vec<Self::Row>>>;

    /// Its name, which its export has too.
    fn name() -> &'static str {
        Self::PATH.trim_start_matches('/')
    }

    /// The users whose things these are, where it can be narrowed by them.
    fn whose(&self) -> Option<&OwnerFilter> {
        None
    }

    /// Whether a filter fits more people than those whose things these are.
    fn are_more_meant(&self) -> bool {
        self.whose().is_some_and(|whose| whose.are_more)
    }
}

/// Something that is done to lists of whatever kind.
pub trait Visitor {
    /// What comes of it.
    type Out;

    /// Does it to one.
    fn visit<L: List>(&mut self) -> Self::Out;
}

macro_rules! lists {
    ($($list:ident,)*) => {
        /// Does something to every list.
        pub fn each<V: Visitor>(visitor: &mut V) -> Vec<V::Out> {
            vec![$(visitor.visit::<$list>()),*]
        }

        /// Does something to the list of this name; `None` where there is none.
        pub fn named<V: Visitor>(name: &str, visitor: &mut V) -> Option<V::Out> {
            $(if name == $list::name() { return Some(visitor.visit::<$list>()); })*
            None
        }
    };
}

lists! {
    Users,
    Groups,
    Devices,
    Credentials,
    Keys,
    KeyCases,
    Enrolments,
    FoundReports,
    CoverageReport,
    FirmwareReport,
    KeyProposals,
    Sessions,
    Passes,
    Lockouts,
    Invitations,
    Policies,
    ValidationServices,
    ValidationClients,
    Applications,
    OpenidClients,
    ApiTokens,
    Events,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    struct Soundness;

    impl Visitor for Soundness {
        type Out = &'static str;

        fn visit<L: List>(&mut self) -> &'static str {
            let fields = L::Row::FIELDS;
            for column in L::COLUMNS {
                let name = L::name();
                assert!(fields.contains(&column.field), "{name}: {}", column.field);
            }
            let mut names =
                BTreeSet::from(["fields", "page_token", "page_size", "limit", "csv", "after"]);
            for filter in L::FILTERS {
                assert!(names.insert(filter.name), "{}: {}", L::name(), filter.name);
                assert!(filter.says.ends_with('.'), "{}: {}", L::name(), filter.says);
            }
            L::name()
        }
    }

    #[test]
    fn every_list_has_a_name_of_its_own_and_columns_and_filters_that_fit() {
        let names = each(&mut Soundness);
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len());
        for name in names {
            assert_eq!(named(name, &mut Soundness), Some(name));
        }
        assert_eq!(named("nothing", &mut Soundness), None);
    }
}
