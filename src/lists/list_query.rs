//! What was asked of a list's filters.

use std::collections::BTreeMap;

use super::{Filter, Takes};
use keyward_actions::{App, user};
use keyward_core::clock::Timestamp;
use keyward_core::domain::erasure::of_tombstone;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::{Problem, Result, codes};

/// The most days that a filter takes.
pub const MOST_DAYS: u32 = 36_500;

/// How a user is told in a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// By id or name: a program that mistypes must not get other people's things.
    #[default]
    Exact,
    /// By whatever of a name or an address a person has typed.
    Meant,
}

/// OwnerFilter things are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerFilter {
    /// Those of these users; `None` for everybody's.
    pub people: Option<Vec<UserId>>,
    /// Whether what was typed fits others too.
    pub are_more: bool,
}

/// The filters that were asked for, each looked at before it is here.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    reading: Reading,
    given: BTreeMap<&'static str, String>,
}

impl ListQuery {
    /// Nothing yet.
    pub fn new(reading: Reading) -> Self {
        Self {
            reading,
            given: BTreeMap::new(),
        }
    }

    /// Takes what a filter was set to.
    ///
    /// # Errors
    /// `request.malformed` for what the filter does not take.
    pub fn put(&mut self, filter: &Filter, text: &str) -> Result<()> {
        let is_good = match filter.takes {
            Takes::Text | Takes::User => true,
            Takes::Words(words) => words().contains(&text),
            Takes::Moment => moment(text).is_some(),
            Takes::Days => days(text).is_some(),
        };
        if !is_good {
            let why = format!("{} takes {}", filter.name, wanted(filter.takes));
            return Err(Problem::new(codes::REQUEST_MALFORMED).detailed(why));
        }
        self.given.insert(filter.name, text.to_owned());
        Ok(())
    }

    /// A filter as it was set; `None` where it was not.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// A filter that takes moments.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(moment)
    }

    /// A filter that takes days.
    pub fn days(&self, name: &str) -> Option<u32> {
        self.text(name).and_then(days)
    }

    /// Whom the filter `user` means.
    ///
    /// # Errors
    /// `user.unknown` where it must be exact and nobody is called so.
    pub async fn whose(&self, app: &App, by: &MayLookUp) -> Result<OwnerFilter> {
        let Some(typed) = self.text("user") else {
            return Ok(OwnerFilter::default());
        };
        if self.reading == Reading::Meant {
            let meant = user::meant(app, by, typed).await?;
            return Ok(OwnerFilter {
                people: Some(meant.people),
                are_more: meant.are_more,
            });
        }
        Ok(OwnerFilter {
            people: Some(vec![exactly(app, by, typed).await?]),
            are_more: false,
        })
    }
}

/// The user of this id or name; also one who was deleted, by what stands for their name.
///
/// # Errors
/// `user.unknown`
pub async fn exactly(app: &App, by: &MayLookUp, typed: &str) -> Result<UserId> {
    if let Some(id) = UserId::parse(typed).or_else(|| of_tombstone(typed)) {
        return Ok(id);
    }
    let found = user::find_by_name(app, by, typed).await?;
    let found = found.ok_or_else(|| Problem::new(codes::USER_UNKNOWN).detailed(typed));
    found.map(|user| user.id)
}

impl OwnerFilter {
    /// What is found for each of them, in this order and each once; for everybody in one.
    ///
    /// # Errors
    /// Those of `find`.
    pub async fn gather<T, K: Ord>(
        &self,
        size: usize,
        find: impl AsyncFn(Option<UserId>) -> Result<Vec<T>>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>> {
        let people = match self.people.as_deref() {
            None => return find(None).await,
            Some([one]) => return find(Some(*one)).await,
            Some(people) => people,
        };
        let mut found = Vec::new();
        for person in people {
            found.extend(find(Some(*person)).await?);
        }
        found.sort_by_key(&key);
        // What one of them did to another stands among both's events.
        found.dedup_by(|one, other| key(one) == key(other));
        found.truncate(size.saturating_add(1));
        Ok(found)
    }
}

/// What a filter takes, in words.
fn wanted(takes: Takes) -> String {
    /// The most words that are named.
    const NAMED: usize = 10;
    match takes {
        Takes::Text => "text".to_owned(),
        Takes::User => "a user, by id or name".to_owned(),
        Takes::Words(words) => {
            let words = words();
            let named = words.get(..NAMED).unwrap_or(&words).join(", ");
            match words.len() > NAMED {
                true => format!("one of {named}, and others"),
                false => format!("one of {named}"),
            }
        }
        Takes::Moment => {
            "a moment such as 2026-11-30T08:00:00Z (RFC 3339), or a day such as 2026-11-30"
                .to_owned()
        }
        Takes::Days => format!("a whole number of days, 0 to {MOST_DAYS}"),
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::from_rfc3339(text).or_else(|| Timestamp::from_rfc3339(&format!("{text}T00:00:00Z")))
}

fn days(text: &str) -> Option<u32> {
    text.parse().ok().filter(|days| *days <= MOST_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_what_it_says_and_nothing_else() {
        let of = |takes| Filter {
            name: "one",
            takes,
            says: "",
        };
        let words = of(Takes::Words(|| vec!["a", "b"]));
        let many = of(Takes::Words(|| vec!["word"; 11]));
        for (filter, good, bad, wanted) in [
            (words, "b", "c", "one takes one of a, b"),
            (many, "word", "words", "word, and others"),
            (of(Takes::Days), "90", "-1", "a whole number"),
            (of(Takes::Days), "36500", "36501", "0 to 36500"),
            (of(Takes::Moment), "2026-11-30", "2026-11-31", "RFC 3339"),
            (
                of(Takes::Moment),
                "2026-11-30T08:00:00+01:00",
                "yesterday",
                "or a day",
            ),
        ] {
            let mut asked = ListQuery::default();
            let refused = asked.put(&filter, bad).expect_err(bad);
            let detail = refused.detail().unwrap_or_default();
            assert!(detail.contains(wanted), "{bad}: {detail}");
            assert!(asked.put(&filter, good).is_ok(), "{good}");
            assert_eq!(asked.text("one"), Some(good));
        }
        let midnight = Timestamp::from_rfc3339("2026-11-30T00:00:00Z");
        assert_eq!(moment("2026-11-30"), midnight);
    }
}
