//! Lists, as they are declared in `lists`: address, filters, rows and places come from there.

use actix_web::http::Method;

use super::call::Call;
use super::operation::{Operation, to};
use crate::lists::{List, Reads as _, Takes};
use crate::web::answer::Answer;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::problem::codes;

/// The operation of a list.
pub fn list<L: List>(id: &'static str, scope: ApiScope) -> Operation {
    let operation = Operation::new(Method::GET, L::PATH, id, scope, L::SAYS, || to(answer::<L>));
    let mut operation = operation.lists::<L::Row>();
    for filter in L::FILTERS {
        operation = operation.narrowed_by(filter);
        if matches!(filter.takes, Takes::User) {
            operation = operation.refuses(&[codes::USER_UNKNOWN]);
        }
    }
    operation
}

async fn answer<L: List>(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.audits()?, call.app());
    let by = L::By::of(&by);
    let list = L::under(&listing.asked::<L>()?, app, by).await?;
    let page = list
        .page(app, by, listing.place(app)?, listing.size()?)
        .await?;
    let rows = L::rows(app, by, &page.items).await?;
    listing.page(app, &rows, page.next)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lists::{Visitor, each};
    use crate::rows::Row;
    use crate::web::api::operation::fields_of;

    struct Declared;

    impl Visitor for Declared {
        type Out = ();

        fn visit<L: List>(&mut self) {
            let at = |one: &&Operation| one.path == L::PATH && one.method == Method::GET;
            let operation = crate::web::api::operations().iter().find(at);
            let operation = operation.unwrap_or_else(|| panic!("{} is not served", L::PATH));
            let served: BTreeSet<&str> = operation.filters().collect();
            let declared = L::FILTERS.iter().map(|filter| filter.name);
            let declared = declared.chain(["fields", "page_token", "page_size"]);
            assert_eq!(served, declared.collect(), "{}", L::PATH);
            let fields: BTreeSet<String> =
                L::Row::FIELDS.iter().map(|&field| field.into()).collect();
            assert_eq!(fields_of::<L::Row>(), fields, "{}", L::PATH);
        }
    }

    #[test]
    fn every_list_is_served_with_its_fields_and_filters_and_no_others() {
        each(&mut Declared);
    }
}
