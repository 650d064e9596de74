//! Hashes and checks passwords, and estimates how strong they are, within bounds.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use super::rates::Rates;
use super::seats::{Seat, Seats};
use keyward_core::clock::Entropy;
use keyward_core::factors::password::{PasswordCheck, PasswordCost};
use keyward_core::problem::Result;
use keyward_core::secret::MasterKey;
use keyward_gateways::breached::BreachedPasswords;
use keyward_settings::Settings;

/// How long a password waits for its seat.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a password that is being typed waits until others were estimated, before there is no
/// answer.
const STRENGTH_PATIENCE: Duration = Duration::from_secs(2);

/// What is done to passwords. Hashing costs memory and a processor for a while: only so many are
/// hashed at once.
pub(crate) struct Passwords {
    /// Passwords that leaked, none of which is taken.
    pub(crate) breached: Arc<BreachedPasswords>,
    /// Bounds how many strengths are estimated at once.
    pub(crate) strength_seats: Seats,
    /// How often addresses ask for a strength.
    pub(crate) strength_rates: Rates<String>,
    check: Arc<PasswordCheck>,
    seats: Seats,
}

impl Passwords {
    /// # Errors
    /// `settings.invalid` for a cost that no hash has, `data.unusable` for a list of leaked
    /// passwords that cannot be read.
    pub(crate) fn open(
        settings: &Settings,
        master_key: Arc<MasterKey>,
        entropy: &dyn Entropy,
    ) -> Result<Self> {
        let settings = &settings.passwords;
        let cost = PasswordCost {
            memory: settings.memory,
            passes: settings.time,
            lanes: settings.parallelism,
        };
        let processors = || available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            breached: Arc::new(BreachedPasswords::open(settings.breached.as_deref())?),
            strength_seats: Seats::new(1, STRENGTH_PATIENCE),
            strength_rates: Rates::default(),
            check: Arc::new(PasswordCheck::new(cost, master_key, entropy)?),
            seats: Seats::new(settings.at_once.unwrap_or_else(processors), PATIENCE),
        })
    }

    /// Hashes or checks a password off the async threads, with a bound on how many at once.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    pub(crate) async fn with_seat<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&PasswordCheck) -> T + Send + 'static,
    {
        let seat = self.take_seat().await?;
        self.on_seat(seat, work).await
    }

    /// Waits for a seat, for what is to be looked at right before the work begins.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    pub(crate) async fn take_seat(&self) -> Result<Seat> {
        self.seats.take().await
    }

    /// Hashes or checks a password on its seat, off the async threads.
    pub(crate) async fn on_seat<T, F>(&self, seat: Seat, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&PasswordCheck) -> T + Send + 'static,
    {
        let check = Arc::clone(&self.check);
        seat.work(move || work(&check)).await
    }

    /// How many seats are taken at which passwords are hashed, and how many there are.
    pub(crate) fn seats(&self) -> (usize, usize) {
        self.seats.taken()
    }

    /// What all passwords have cost so far.
    pub(crate) fn work(&self) -> u64 {
        self.check.work()
    }

    /// Gives memory back that nothing used since the last call.
    pub(crate) fn release_idle_memory(&self) {
        self.check.release_idle_memory();
    }
}
