//! What cannot be left out, measured alone: the cryptography and one durable row update.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use keyward_core::protocols::yubico::{Otp, SlotSecret};
use ring::hmac;
use rustix::time::{ClockId, clock_gettime};

use keyward_test_support::soft_yubikey::SoftYubikey;

diesel::table! {
    alone (public_id) {
        public_id -> Text,
        counter -> BigInt,
        session_use -> BigInt,
        device_clock -> BigInt,
        nonce -> Text,
        last_used_at -> BigInt,
    }
}

/// A file whose first 4 KiB are written and synced over and over.
pub struct Synced(File);

impl Synced {
    pub fn new(path: &Path) -> Self {
        Self(File::create(path).expect("a file"))
    }

    pub fn sync(&self) {
        self.0.write_all_at(&[7; 4096], 0).expect("space");
        self.0.sync_data().expect("a disk");
    }
}

/// How often 4 KiB can be written and synced here, a second.
pub fn syncs() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Synced::new(&folder.path().join("syncs"));
    let (started, mut count) = (Instant::now(), 0.0);
    while started.elapsed() < Duration::from_secs(1) {
        file.sync();
        count += 1.0;
    }
    count / started.elapsed().as_secs_f64()
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it begins at zero")
}

/// One OTP opened, two HMACs and one row updated and committed, each update in a transaction of its
/// own under the server's own pragmas.
pub struct Cost {
    /// The processor time.
    pub cpu: Duration,
    /// From the beginning to the end.
    pub whole: Duration,
}

/// What that costs here.
pub fn cost() -> Cost {
    const TIMES: u32 = 2000;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alone.db");
    let mut database = SqliteConnection::establish(&path.to_string_lossy()).expect("a database");
    database
        .batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             CREATE TABLE alone (public_id TEXT NOT NULL PRIMARY KEY, counter BIGINT NOT NULL,
                session_use BIGINT NOT NULL, device_clock BIGINT NOT NULL, nonce TEXT NOT NULL,
                last_used_at BIGINT NOT NULL);",
        )
        .expect("a table");
    let mut key = SoftYubikey::numbered(1);
    let secret = SlotSecret::new(key.private_id, key.secret);
    diesel::insert_into(alone::table)
        .values((
            alone::public_id.eq(&key.public_id),
            alone::counter.eq(-1),
            alone::session_use.eq(-1),
            alone::device_clock.eq(-1),
            alone::nonce.eq(""),
            alone::last_used_at.eq(0),
        ))
        .execute(&mut database)
        .expect("a row");
    let api_key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[7; 20]);
    let text = [b'x'; 120];
    let (mut spent, mut whole) = (Duration::ZERO, Duration::ZERO);
    for number in 0..TIMES {
        let typed = key.touch();
        let otp = Otp::parse(&typed).expect("an OTP");
        let (started, began) = (cpu(), Instant::now());
        let progress = secret.open(&otp).expect("it opens").progress();
        for _ in 0..2 {
            std::hint::black_box(hmac::sign(&api_key, std::hint::black_box(&text)));
        }
        let (counter, session_use) = (
            progress.usage.counter.into(),
            progress.usage.session_use.into(),
        );
        let rows = diesel::update(
            alone::table.find(&key.public_id).filter(
                alone::counter.lt::<i64>(counter).or(alone::counter
                    .eq(counter)
                    .and(alone::session_use.lt::<i64>(session_use))),
            ),
        )
        .set((
            alone::counter.eq(counter),
            alone::session_use.eq(session_use),
            alone::device_clock.eq(i64::from(progress.device_clock)),
            alone::nonce.eq("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            alone::last_used_at.eq(i64::from(number)),
        ))
        .execute(&mut database);
        spent += cpu() - started;
        whole += began.elapsed();
        assert_eq!(rows.expect("a row"), 1);
    }
    Cost {
        cpu: spent / TIMES,
        whole: whole / TIMES,
    }
}
