//! What of a list is wanted: its filters and a place, as addresses of the console have them.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::paging::{ROWS, typed};
use crate::lists::{List, ListQuery, Place, Reading};
use crate::web::answer::Refused;
use keyward_actions::App;
use keyward_core::problem::{Problem, Result, codes};

/// Names that filters had before, in addresses that administrators have kept.
const FORMER: [(&str, &str); 1] = [("q", "search")];

/// What of a list is wanted.
pub struct Wanted<L: List> {
    asked: ListQuery,
    after: Option<L::Place>,
}

/// What was found of it.
pub struct Found<L: List> {
    /// The list under its filters.
    pub list: L,
    /// The filters as they were typed.
    pub asked: ListQuery,
    /// What the page shows.
    pub items: Vec<L::Item>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl<L: List> FromRequest for Wanted<L> {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()).map_err(Refused::from))
    }
}

impl<L: List> Wanted<L> {
    /// Reads a query.
    ///
    /// # Errors
    /// `request.malformed` for what no page has offered.
    pub fn read(query: &str) -> Result<Self> {
        Self::with_rest(query).map(|(wanted, _)| wanted)
    }

    /// Reads a query that has nothing else in it: a filter that is not there would show more than was
    /// asked for.
    ///
    /// # Errors
    /// `request.malformed`, also for what this list knows nothing of.
    pub fn read_alone(query: &str) -> Result<Self> {
        match Self::with_rest(query)? {
            (wanted, None) => Ok(wanted),
            (_, Some(name)) => Err(Problem::new(codes::REQUEST_MALFORMED)
                .detailed(format!("there is no parameter {name:?} here"))),
        }
    }

    /// What is wanted, and the name of a parameter that says nothing about that, if there is one.
    fn with_rest(query: &str) -> Result<(Self, Option<String>)> {
        let unreadable = |why: &str| Problem::new(codes::REQUEST_MALFORMED).detailed(why);
        let mut given = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let former = FORMER.iter().find(|(former, _)| *former == name);
            let name = former.map_or(name.into_owned(), |(_, name)| (*name).to_owned());
            if given.insert(name, value.into_owned()).is_some() {
                return Err(unreadable("a filter is there twice"));
            }
        }
        let mut asked = ListQuery::new(Reading::Meant);
        for filter in L::FILTERS {
            if let Some(text) = typed(given.remove(filter.name))? {
                asked.put(filter, &text)?;
            }
        }
        let after = typed(given.remove("after"))?;
        let place =
            |text: String| L::Place::read(&text).ok_or_else(|| unreadable("a place in a list"));
        let after = after.map(place).transpose()?;
        let rest = given.into_keys().next();
        Ok((Self { asked, after }, rest))
    }

    /// The filters.
    pub fn asked(&self) -> &ListQuery {
        &self.asked
    }

    /// A page of it.
    ///
    /// # Errors
    /// The store's.
    pub async fn page(self, app: &App, by: &L::By) -> Result<Found<L>> {
        let list = L::under(&self.asked, app, by).await?;
        let is_first_page = self.after.is_none();
        let page = list.page(app, by, self.after, ROWS).await?;
        Ok(Found {
            next: page.next.as_ref().map(Place::write),
            items: page.items,
            asked: self.asked,
            list,
            is_first_page,
        })
    }
}

impl<L: List> Found<L> {
    /// What was typed into a filter; empty where nothing was.
    pub fn typed(&self, filter: &str) -> String {
        self.asked.text(filter).unwrap_or_default().to_owned()
    }
}
