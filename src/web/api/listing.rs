//! What a list is asked for, and how a page of one is told.
//!
//! A place in a list is handed out as a page token: the place, and a tag of it together with the list
//! and its filters, so that nothing but what we wrote reaches a statement.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::operation::{Operation, fields_of};
use crate::lists::{List, ListQuery, Place, Reading};
use crate::web::answer::Answer;
use keyward_actions::{App, page_token};
use keyward_core::problem::{Problem, Result, codes};

/// The most items of a page.
pub const MOST: usize = 200;
/// How many items a page has where nothing is said.
pub const USUAL: usize = 50;
/// The longest filter, in bytes.
const LONGEST: usize = 1024;

/// Parameters that are no filters.
const OF_PAGES: [&str; 3] = ["fields", "page_token", "page_size"];

/// What was asked in a query.
pub struct Listing {
    given: BTreeMap<String, String>,
    path: String,
}

fn malformed(why: impl Into<String>) -> Problem {
    Problem::new(codes::REQUEST_MALFORMED).detailed(why)
}

impl Listing {
    /// Reads the query of an operation. What it does not know is refused: a filter that is not there
    /// would show more than was asked for.
    ///
    /// # Errors
    /// `request.malformed`
    pub fn read(operation: &Operation, path: &str, query: &str) -> Result<Self> {
        let known: BTreeSet<&str> = operation.filters().collect();
        let mut given = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(name.as_ref()) {
                return Err(malformed(format!("there is no parameter {name:?} here")));
            }
            if value.len() > LONGEST || value.chars().any(char::is_control) {
                return Err(malformed(format!("{name} cannot be read")));
            }
            if given
                .insert(name.clone().into_owned(), value.into_owned())
                .is_some()
            {
                return Err(malformed(format!("{name} is given twice")));
            }
        }
        let path = path.to_owned();
        Ok(Self { given, path })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// What was asked of a list's filters.
    ///
    /// # Errors
    /// `request.malformed`
    pub fn asked<L: List>(&self) -> Result<ListQuery> {
        let mut asked = ListQuery::new(Reading::Exact);
        for filter in L::FILTERS {
            if let Some(text) = self.text(filter.name) {
                asked.put(filter, text)?;
            }
        }
        Ok(asked)
    }

    /// The most items of this page.
    ///
    /// # Errors
    /// `request.malformed`
    pub fn size(&self) -> Result<usize> {
        let Some(text) = self.text("page_size") else {
            return Ok(USUAL);
        };
        let size = text.parse().ok().filter(|size| (1..=MOST).contains(size));
        size.ok_or_else(|| malformed(format!("page_size takes a whole number, 1 to {MOST}")))
    }

    /// What a page token is bound to.
    fn bound_to(&self) -> String {
        let filters = self.given.iter();
        let filters = filters.filter(|(name, _)| !OF_PAGES.contains(&name.as_str()));
        let filters: BTreeMap<_, _> = filters.collect();
        json!([self.path, filters]).to_string()
    }

    /// Where the page begins; `None` for the first one.
    ///
    /// # Errors
    /// `request.page`
    pub fn place<P: Place>(&self, app: &App) -> Result<Option<P>> {
        let Some(token) = self.text("page_token") else {
            return Ok(None);
        };
        let read = || {
            let (place, tag) = token.split_once('.')?;
            let (place, tag) = (
                URL_SAFE_NO_PAD.decode(place).ok()?,
                URL_SAFE_NO_PAD.decode(tag).ok()?,
            );
            let place = String::from_utf8(place).ok()?;
            let is_ours = page_token::is_ours(app, &self.bound_to(), &place, &tag);
            is_ours.then(|| P::read(&place))?
        };
        read().map(Some).ok_or_else(|| codes::REQUEST_PAGE.into())
    }

    /// The answer with a page of rows, before this place.
    ///
    /// # Errors
    /// `request.malformed` for fields that there are not.
    pub fn page<T, P>(&self, app: &App, rows: &[T], next: Option<P>) -> Answer
    where
        T: Serialize + ToSchema,
        P: Place,
    {
        let token = |place: P| {
            let place = place.write();
            let tag = page_token::tag(app, &self.bound_to(), &place);
            let place = URL_SAFE_NO_PAD.encode(place);
            format!("{place}.{}", URL_SAFE_NO_PAD.encode(tag))
        };
        let next = next.map(token);
        let items: Result<Vec<Value>> = rows.iter().map(|row| self.some_of(row)).collect();
        let page = json!({ "items": items?, "next_page_token": next });
        // Fields that nobody has are refused on an empty page too.
        self.fields::<T>()?;
        Ok(HttpResponse::Ok().json(page))
    }

    /// The fields that were asked for; `None` for all.
    fn fields<T: ToSchema>(&self) -> Result<Option<BTreeSet<&str>>> {
        let Some(asked) = self.text("fields") else {
            return Ok(None);
        };
        let known = fields_of::<T>();
        let asked: BTreeSet<&str> = asked.split(',').map(str::trim).collect();
        match asked.iter().find(|field| !known.contains(**field)) {
            Some(field) => Err(malformed(format!("there is no field {field:?}"))),
            None => Ok(Some(asked)),
        }
    }

    /// A row with the fields that were asked for.
    ///
    /// # Errors
    /// `request.malformed` for fields that there are not.
    pub fn some_of<T: Serialize + ToSchema>(&self, row: &T) -> Result<Value> {
        let mut row = serde_json::to_value(row).map_err(Problem::internal)?;
        if let (Some(asked), Some(fields)) = (self.fields::<T>()?, row.as_object_mut()) {
            fields.retain(|name, _| asked.contains(name.as_str()));
        }
        Ok(row)
    }
}
