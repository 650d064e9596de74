//! `/console/exports/{file}`: lists as files, under the filters of their pages.
//!
//! A file is written piece by piece while it is read, so that a million rows take no more memory than
//! five hundred. What fails in the middle breaks the connection off: nobody takes half a file for a
//! whole one.

use std::pin::Pin;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use super::wanted::Wanted;
use crate::lists::{self, List, Reads as _, Visitor};
use crate::rows::Row;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use keyward_actions::list_export;
use keyward_core::flows::permit::{Auditor, MayAudit};
use keyward_core::problem::{Problem, Result, codes};

/// How many rows are in hand at once.
const PIECE: usize = 500;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    /// What stands before the first row.
    fn beginning<R: Row>(self) -> String {
        match self {
            Self::Csv => lists::heading(R::FIELDS),
            Self::Json => "[".to_owned(),
        }
    }

    /// One row; `is_first` of the file.
    fn row<R: Row>(self, row: &R, is_first: bool) -> Result<String> {
        match self {
            Self::Csv => lists::line(row, R::FIELDS),
            Self::Json => {
                let row = serde_json::to_string(row).map_err(Problem::internal)?;
                Ok(format!("{}\n{row}", if is_first { "" } else { "," }))
            }
        }
    }

    /// What stands behind the last one.
    fn end(self) -> &'static str {
        match self {
            Self::Csv => "",
            Self::Json => "\n]\n",
        }
    }
}

/// Begins the export of whichever list is named.
struct Begin<'a> {
    site: &'a Data<Site>,
    by: &'a MayAudit,
    query: &'a str,
    format: Format,
}

impl<'a> Visitor for Begin<'a> {
    type Out = Pin<Box<dyn Future<Output = Answer> + 'a>>;

    fn visit<L: List>(&mut self) -> Self::Out {
        let site = self.site.clone();
        let export = export::<L>(site, self.by.clone(), self.query, self.format);
        Box::pin(export)
    }
}

/// A list as a file.
pub async fn download(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    file: Path<String>,
    request: HttpRequest,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let named = file.rsplit_once('.');
    let named = named.and_then(|(name, format)| Some((name, Format::parse(format)?)));
    let (name, format) = named.ok_or(codes::REQUEST_NOT_FOUND)?;
    let mut begin = Begin {
        site: &site,
        by: &by,
        query: request.query_string(),
        format,
    };
    let export = lists::named(name, &mut begin).ok_or(codes::REQUEST_NOT_FOUND)?;
    export.await
}

/// How far an export has come.
struct Under<L: List> {
    site: Data<Site>,
    by: MayAudit,
    list: L,
    format: Format,
    /// Where the next piece begins.
    after: Option<L::Place>,
    is_first: bool,
    is_over: bool,
}

async fn export<L: List>(site: Data<Site>, by: MayAudit, query: &str, format: Format) -> Answer {
    let wanted = Wanted::<L>::read_alone(query)?;
    let list = L::under(wanted.asked(), &site.app, L::By::of(&by)).await?;
    if list.are_more_meant() {
        // A file does not say what is missing from it, as the page does.
        let why = "the filter fits more people than can be listed at once";
        return Err(Problem::new(codes::REQUEST_MALFORMED).detailed(why).into());
    }
    let extension = match format {
        Format::Csv => "csv",
        Format::Json => "json",
    };
    let name = format!("{}.{extension}", L::name());
    list_export::begin(&site.app, &by, &name).await?;
    let mut under = Under {
        site,
        by,
        list,
        format,
        after: None,
        is_first: true,
        is_over: false,
    };
    // What is wrong from the beginning is answered as on any page.
    let first = under.piece().await?;
    let first = format.beginning::<L::Row>() + &first;
    let rest = stream::try_unfold((Some(first), under), |(ready, mut under)| async {
        if let Some(text) = ready {
            return Ok(Some((Bytes::from(text), (None, under))));
        }
        if under.is_over {
            return Ok(None);
        }
        list_export::may_go_on(&under.site.app, &under.by).await?;
        let text = under.piece().await?;
        Ok::<_, Problem>(Some((Bytes::from(text), (None, under))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(rest))
}

impl<L: List> Under<L> {
    /// The next rows, and the end of the file behind the last ones.
    async fn piece(&mut self) -> Result<String> {
        let (app, by) = (&self.site.app, L::By::of(&self.by));
        let after = self.after.take();
        let page = self.list.page(app, by, after, PIECE).await?;
        let mut text = String::new();
        for row in L::rows(app, by, &page.items).await? {
            text.push_str(&self.format.row(&row, self.is_first)?);
            self.is_first = false;
        }
        self.after = page.next;
        if self.after.is_none() {
            self.is_over = true;
            text.push_str(self.format.end());
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::each;

    /// The page of each list.
    const PAGES: [(&str, &str); 20] = [
        ("users", "users"),
        ("groups", "groups"),
        ("devices", "devices"),
        ("keys", "keys"),
        ("key-cases", "key-cases"),
        ("found-reports", "found-reports"),
        ("people-report", "reports"),
        ("keys-report", "reports"),
        ("key-proposals", "key-proposals"),
        ("sessions", "sessions"),
        ("passes", "passes"),
        ("lockouts", "lockouts"),
        ("invitations", "invitations"),
        ("policies", "policies"),
        ("validation-services", "validation-services"),
        ("validation-clients", "validation-clients"),
        ("applications", "applications"),
        ("clients", "openid-clients"),
        ("tokens", "api-tokens"),
        ("events", "events"),
    ];

    /// What a page leaves out, and why.
    const LEFT_OUT: [(&str, &str, &str); 2] = [
        (
            "credentials",
            "page",
            "its devices' page shows what a person can make use of; the rest is for programs",
        ),
        (
            "enrolments",
            "page",
            "the page of a key shows what waits on it, and that of a user what waits for them",
        ),
    ];

    struct Offered;

    impl Visitor for Offered {
        type Out = ();

        fn visit<L: List>(&mut self) {
            let name = L::name();
            if LEFT_OUT
                .iter()
                .any(|(list, what, _)| (*list, *what) == (name, "page"))
            {
                return;
            }
            let page = PAGES.iter().find(|(list, _)| *list == name);
            let (_, page) = page.unwrap_or_else(|| panic!("{name} has no page"));
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            let template = root.join(format!("templates/console/{page}.html"));
            let template = std::fs::read_to_string(template).expect("a template");
            let export = format!("exports(\"{name}\", ");
            assert!(
                template.contains(&export),
                "{page} offers no export of {name}"
            );
            for filter in L::FILTERS {
                let (field, place) = (
                    format!("name=\"{}\"", filter.name),
                    format!("{}=", filter.name),
                );
                assert!(
                    template.contains(&field),
                    "{page} has no field {}",
                    filter.name
                );
                assert!(
                    template.contains(&place),
                    "{page} loses {} on the way",
                    filter.name
                );
            }
        }
    }

    #[test]
    fn every_page_has_the_filters_of_its_list_and_offers_its_export() {
        each(&mut Offered);
    }
}
