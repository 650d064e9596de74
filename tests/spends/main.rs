//! Every statement that checks and uses in one, alone: what two requests have both read and found
//! good is spent by one of them.
//!
//! Whole requests at once (`tests/acceptance/actions/races.rs`) cannot show this: an earlier read refuses
//! nearly all of them, whatever the statement does. Here nothing stands before it.

mod counts;
mod keys;
mod machines;
mod openid;
mod openid_grants;
mod statements;
mod stock;
mod upstream;

use std::sync::{Arc, mpsc};

use keyward_core::problem::Result;
use keyward_store::{AnyConnection, Store, passwords};
use keyward_test_databases::backends::{At as Which, Behind};
use keyward_test_databases::on_every_database;
use tempfile::TempDir;

use self::statements::{Spend, spends};
use self::stock::{Stock, fill};

/// An open database with the schema, a user and what the statements need of them.
struct Opened {
    store: Store,
    stock: Arc<Stock>,
    behind: Behind,
    _folder: TempDir,
}

async fn opened(at: Which) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let behind = at.new_database(folder.path());
    let store = behind.store();
    store.migrate().await.expect("the schema");
    let stock = Arc::new(Stock::new());
    let opened = Opened {
        store,
        stock,
        behind,
        _folder: folder,
    };
    opened.write(fill).await.expect("a user");
    opened
}

type Step<T> = fn(&mut AnyConnection, &Stock) -> Result<T>;

impl Opened {
    async fn write<T: Send + 'static>(&self, step: Step<T>) -> Result<T> {
        let stock = Arc::clone(&self.stock);
        self.store.write(move |c| step(c, &stock)).await
    }

    async fn look<T: Send + 'static>(&self, step: Step<T>) -> Result<T> {
        let stock = Arc::clone(&self.stock);
        self.store.look(move |c| step(c, &stock)).await
    }

    /// What was prepared, read and found good by two.
    async fn is_good_for_two(&self, spend: &Spend) -> Result<bool> {
        self.write(spend.prepare).await?;
        let first = self.look(spend.is_good).await?;
        Ok(first && self.look(spend.is_good).await?)
    }

    /// The same, and then spent by both.
    async fn spent_by_two(&self, spend: &Spend) -> Result<[bool; 3]> {
        let is_good = self.is_good_for_two(spend).await?;
        let first = self.write(spend.spend).await?;
        Ok([is_good, first, self.write(spend.spend).await?])
    }
}

on_every_database! {
    async fn what_two_have_found_good_is_spent_by_one(at: At) {
        let opened = opened(at).await;
        let mut wrong = Vec::new();
        for spend in spends() {
            match opened.spent_by_two(&spend).await {
                Ok([true, true, false]) => {}
                spent => wrong.push(format!("{}: good, first, second: {spent:?}", spend.name)),
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn a_stronger_hash_takes_the_place_of_the_password_that_was_checked_alone(at: At) {
        let opened = opened(at).await;
        let read: Step<_> = |c, stock| passwords::of(c, stock.user);
        let checked = opened.look(read).await.expect("a database").expect("a password");
        let replace: Step<_> = |c, stock| passwords::set(c, stock.user, "replaced");
        opened.write(replace).await.expect("a new password");
        let renewed = opened.store.write(move |c| passwords::renew(c, &checked, "renewed"));
        renewed.await.expect("a database");
        let now = opened.look(read).await.expect("a database").expect("a password");
        assert_eq!(now.hash.as_deref(), Some("replaced"));
    }
}

/// Transactions that are both under way, on the one database that has such.
mod under_way {
    mod postgres {
        #[tokio::test]
        async fn what_two_transactions_spend_at_once_is_spent_by_one() {
            crate::two_transactions_spend_at_once().await;
        }
    }
}

/// The second spends while the first has not committed.
async fn two_transactions_spend_at_once() {
    let opened = opened(Which::Postgres).await;
    let mut wrong = Vec::new();
    for spend in spends() {
        let name = spend.name;
        let is_good = opened.is_good_for_two(&spend).await;
        assert!(matches!(is_good, Ok(true)), "{name}: {is_good:?}");
        let (spent, has_spent) = mpsc::channel();
        let (go_on, may_commit) = mpsc::channel();
        let run = spend.spend;
        let (store, stock) = (opened.store.clone(), Arc::clone(&opened.stock));
        let first = tokio::spawn(async move {
            let change = move |c: &mut AnyConnection| {
                let first = run(c, &stock);
                let _ = spent.send(());
                let _ = may_commit.recv();
                first
            };
            store.write(change).await
        });
        let has_spent = tokio::task::spawn_blocking(move || has_spent.recv());
        has_spent.await.expect("no panic").expect(name);
        let (store, stock) = (opened.store.clone(), Arc::clone(&opened.stock));
        let second = tokio::spawn(async move { store.write(move |c| run(c, &stock)).await });
        while !second.is_finished() && opened.behind.number(WAITING) == 0 {
            tokio::task::yield_now().await;
        }
        go_on.send(()).expect(name);
        let first = first.await.expect("no panic").expect(name);
        let second = second.await.expect("no panic").expect(name);
        if (first, second) != (true, false) {
            wrong.push(format!("{name}: first {first}, second {second}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How many transactions of this database wait for another one's row.
const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND wait_event_type = 'Lock'";
