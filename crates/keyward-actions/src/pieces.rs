//! Long work in pieces of bounded time: no transaction that wants to write waits for more than one
//! of them.

use std::time::{Duration, Instant};

use super::App;
use keyward_core::problem::Result;
use keyward_store::AnyConnection;

/// How long a piece is to take, not counting its commit.
const WANTED: Duration = Duration::from_millis(10);
/// The fewest rows of a piece, and the most.
const ROWS: std::ops::RangeInclusive<i64> = 16..=1024;
/// The rows of the first piece.
const FIRST: i64 = 128;

/// How many rows the next piece has.
#[derive(Debug)]
pub(super) struct Pieces {
    rows: i64,
}

impl Pieces {
    pub(super) fn new() -> Self {
        Self { rows: FIRST }
    }

    /// The most rows of the next piece.
    pub(super) fn rows(&self) -> i64 {
        self.rows
    }

    /// Learns from a piece how large the next one is, and leaves the database to others for as
    /// long as the piece took.
    pub(super) async fn breathe(&mut self, took: Duration) {
        let rows = if took > WANTED {
            self.rows / 2
        } else if took < WANTED / 4 {
            self.rows * 2
        } else {
            self.rows
        };
        self.rows = rows.clamp(*ROWS.start(), *ROWS.end());
        tokio::time::sleep(took.min(WANTED * 10)).await;
    }
}

/// Runs a change of many rows as many transactions, each of which does at most so many rows as
/// it is told and says how many it did: fewer are the last ones. Gives back how many they were
/// all together.
///
/// # Errors
/// The closure's and the store's; what was done before stays done.
pub async fn write_in_pieces<F>(app: &App, piece: F) -> Result<usize>
where
    F: Fn(&mut AnyConnection, i64) -> Result<usize> + Clone + Send + 'static,
{
    let mut pieces = Pieces::new();
    let mut total = 0;
    loop {
        let (piece, limit) = (piece.clone(), pieces.rows());
        let (done, took) = app
            .store
            .write_batch(move |connection| {
                let started = Instant::now();
                let done = piece(connection, limit)?;
                Ok((done, started.elapsed()))
            })
            .await?;
        total += done;
        if i64::try_from(done).is_ok_and(|done| done < limit) {
            return Ok(total);
        }
        pieces.breathe(took).await;
    }
}
