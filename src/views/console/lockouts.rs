//! What failed tries are counted on.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::{AttemptCount, AttemptScope};
use keyward_core::domain::user::UserName;

/// One count.
#[derive(Clone, Serialize)]
pub struct LockoutRow {
    /// The count's key.
    pub scope: String,
    /// What is counted: `address`, `name` that no user has, or a factor of the user.
    pub what: String,
    /// The address, or the name of the user.
    pub whose: Option<String>,
    /// Whose page there is, by id.
    pub user_id: Option<String>,
    /// Failures since the last success or lock.
    pub failures: u32,
    /// Until when it is locked, if it is.
    pub locked_until: Option<Timestamp>,
    /// Whether it is locked until an administrator clears it.
    pub is_ended: bool,
}

impl LockoutRow {
    /// A count, with the name of the user whom it is about.
    pub fn new(count: &AttemptCount, user: Option<&UserName>) -> Self {
        let (what, address) = AttemptScope::described(&count.scope).unwrap_or(("name", None));
        let name = user.map(UserName::as_str);
        let whose = address.or(name).map(str::to_owned);
        Self {
            scope: count.scope.clone(),
            what: what.to_owned(),
            whose,
            user_id: AttemptScope::user_of(&count.scope).map(|id| id.to_string()),
            failures: count.failures,
            locked_until: count.locked_until,
            is_ended: count.is_ended(),
        }
    }
}

/// `GET /console/lockouts`.
#[derive(Clone, Serialize)]
pub struct LockoutsPage {
    /// The counts, what is locked first.
    pub rows: Vec<LockoutRow>,
    /// How many failures lock an address.
    pub address_failures: u32,
    /// How many failures lock a factor of a user.
    pub user_failures: u32,
}

impl Page for LockoutsPage {
    const TEMPLATE: &'static str = "console/lockouts.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        let user = "018f0000-0000-7000-8000-000000000001";
        let count = |scope: String, failures, until: Option<i64>| AttemptCount {
            scope,
            failures,
            locked_until: until.map(ago),
        };
        let anna = UserName::parse("anna").expect("a name");
        let counts = [
            (
                count(format!("user:{user}:password"), 0, Some(-90)),
                Some(&anna),
            ),
            (
                count(format!("user:{user}:browser:{user}"), 2, None),
                Some(&anna),
            ),
            (count(format!("user:{user}:webauthn"), 1, None), Some(&anna)),
            (count("address:2001:db8::".to_owned(), 7, None), None),
            (count("address:192.0.2.7".to_owned(), 0, Some(-30)), None),
            (count("name:00ff".to_owned(), 3, None), None),
        ];
        let rows = counts
            .iter()
            .map(|(count, user)| LockoutRow::new(count, *user));
        let some = Self {
            rows: rows.collect(),
            address_failures: 20,
            user_failures: 10,
        };
        let none = Self {
            rows: Vec::new(),
            ..some.clone()
        };
        vec![some, none]
    }
}
