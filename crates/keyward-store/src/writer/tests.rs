//! Transactions where they stand, in the queue, and by themselves.

use diesel::RunQueryDsl as _;
use diesel::sql_types::BigInt;

use super::super::connection::{Limits, Purpose};
use super::*;
use keyward_core::problem::Fault;

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

fn opener(folder: &tempfile::TempDir) -> Opener {
    let location = Location::Sqlite(folder.path().join("test.db"));
    Opener::new(&location, Purpose::Write, Limits::OF_TESTS)
}

fn insert(connection: &mut AnyConnection) -> Result<()> {
    (connection.batch_execute("INSERT INTO numbers DEFAULT VALUES")).map_err(failed)
}

fn insert_and_fail(connection: &mut AnyConnection) -> Result<()> {
    insert(connection)?;
    Err(codes::SIGN_IN_TURN_USED.into())
}

fn insert_and_panic(connection: &mut AnyConnection) -> Result<()> {
    insert(connection)?;
    panic!("a defect")
}

fn count(connection: &mut AnyConnection) -> Result<i64> {
    diesel::sql_query("SELECT count(*) AS rows FROM numbers")
        .get_result::<Count>(connection)
        .map(|count| count.rows)
        .map_err(failed)
}

async fn writer(folder: &tempfile::TempDir) -> Writer {
    let writer = Writer::start(&opener(folder), Commits::default()).expect("a writer");
    let table = |connection: &mut AnyConnection| {
        connection
            .batch_execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
            .map_err(failed)
    };
    writer
        .run(Durability::OnDisk, table)
        .await
        .expect("a table");
    writer
}

#[tokio::test]
async fn what_fails_or_panics_is_undone_where_it_stands_and_in_the_queue() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder).await;
    for lasting in [Durability::OnDisk, Durability::InLog] {
        let failing = writer.run(lasting, insert_and_fail).await;
        assert_eq!(failing.map_err(|p| p.code().name), Err("sign_in.turn_used"));
        let queued = writer.run_in_queue(lasting, insert_and_fail).await;
        assert_eq!(queued.map_err(|p| p.code().name), Err("sign_in.turn_used"));
        let panicking = writer.run(lasting, insert_and_panic).await;
        assert_eq!(panicking.map_err(|p| p.fault()), Err(Fault::Ours));
        let queued = writer.run_in_queue(lasting, insert_and_panic).await;
        assert_eq!(queued.map_err(|p| p.fault()), Err(Fault::Ours));
    }
    let batch = writer.run_batch(insert_and_fail).await;
    assert_eq!(batch.map_err(|p| p.code().name), Err("sign_in.turn_used"));
    let batch = writer.run_batch(insert_and_panic).await;
    assert_eq!(batch.map_err(|p| p.fault()), Err(Fault::Ours));
    assert_eq!(writer.run(Durability::InLog, count).await.ok(), Some(0));
    writer.run(Durability::InLog, insert).await.expect("a row");
    writer.run(Durability::OnDisk, insert).await.expect("a row");
    let mut elsewhere = opener(&folder).open().expect("the file");
    assert_eq!(count(&mut elsewhere).ok(), Some(2));
}

#[tokio::test]
async fn a_transaction_waits_in_the_queue_while_another_process_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder).await;
    let mut other = opener(&folder).open().expect("the file");
    other.batch_execute("BEGIN IMMEDIATE").expect("its turn");
    assert!(writer.at_once(Durability::OnDisk, insert).is_err());
    let waiting = tokio::spawn(async move { writer.run(Durability::OnDisk, insert).await });
    // Until it is in the queue.
    tokio::task::yield_now().await;
    insert(&mut other).expect("a row");
    other.batch_execute("COMMIT").expect("a commit");
    waiting.await.expect("no panic").expect("a row");
    assert_eq!(count(&mut other).ok(), Some(2));
}

#[tokio::test]
async fn a_read_is_given_back_while_a_transaction_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder).await;
    await_idle(&writer);
    assert!(matches!(writer.look(count), Ok(Ok(0))));
    let meanwhile = writer.clone();
    let inserted = writer.run(Durability::OnDisk, move |connection| {
        insert(connection)?;
        Ok(meanwhile.look(count).is_err())
    });
    assert_eq!(inserted.await.ok(), Some(true));
    await_idle(&writer);
    assert!(matches!(writer.look(count), Ok(Ok(1))));
}

/// Waits for the thread, which answers a caller before it gives the connection back.
fn await_idle(writer: &Writer) {
    drop(writer.shared.committer());
}

#[derive(diesel::QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = BigInt)]
    synchronous: i64,
}

/// What `PRAGMA synchronous` gives for FULL.
const FULL: i64 = 2;

fn synchronous(connection: &mut AnyConnection) -> Result<i64> {
    diesel::sql_query("PRAGMA synchronous")
        .get_result::<Synchronous>(connection)
        .map(|row| row.synchronous)
        .map_err(failed)
}

#[tokio::test]
async fn what_somebody_was_told_of_is_synced_whatever_was_written_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut opened = opener(&folder).open().expect("the file");
    assert_eq!(synchronous(&mut opened).ok(), Some(FULL), "as it opens");
    drop(opened);
    let writer = writer(&folder).await;
    for before in [Durability::OnDisk, Durability::InLog] {
        writer.run(before, insert).await.expect("a row");
        let alone = writer.run(Durability::OnDisk, synchronous).await;
        assert_eq!(alone.ok(), Some(FULL), "alone after {before:?}");
        writer.run_in_queue(before, insert).await.expect("a row");
        let queued = writer.run_in_queue(Durability::OnDisk, synchronous).await;
        assert_eq!(queued.ok(), Some(FULL), "in the queue after {before:?}");
        writer.run(before, insert).await.expect("a row");
        let batch = writer.run_batch(synchronous).await;
        assert_eq!(batch.ok(), Some(FULL), "a batch after {before:?}");
        writer.run(before, insert).await.expect("a row");
        let one = writer.run_one(synchronous).await;
        assert_eq!(one.ok(), Some(FULL), "one statement after {before:?}");
    }
}

#[tokio::test]
async fn transactions_of_many_callers_at_once_are_all_committed() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder).await;
    let callers: Vec<_> = (0..200)
        .map(|number| {
            let writer = writer.clone();
            let lasting = if number % 2 == 0 {
                Durability::OnDisk
            } else {
                Durability::InLog
            };
            tokio::spawn(async move {
                match number % 5 {
                    0 => writer.run_batch(insert).await,
                    _ => writer.run(lasting, insert).await,
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic").expect("a row");
    }
    assert_eq!(writer.run(Durability::OnDisk, count).await.ok(), Some(200));
}
