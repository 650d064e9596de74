//! New key material, so that an organisation owns its secrets from the first day.

use std::collections::HashSet;

use crate::App;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::KeyRecord;
use keyward_core::protocols::yubico::{PublicId, modhex};

/// What new keys shall be called, and what they shall have.
#[derive(Clone, Debug)]
pub struct NewKeys {
    /// How many, 1 to [`NewKeys::MOST`].
    pub count: u32,
    /// What their public ids begin with: up to ten modhex letters.
    pub prefix: String,
    /// The first public id's number after the prefix; random ones without.
    pub first: Option<u64>,
    /// The first serial number, where they are known.
    pub first_serial: Option<u64>,
    /// Whether each gets a lock code.
    pub with_lock_codes: bool,
}

impl NewKeys {
    /// The most keys that are made at once.
    pub const MOST: u32 = 100_000;
    /// The length of a public id, as keys leave the factory.
    const LETTERS: usize = 12;

    fn invalid(why: impl Into<String>) -> Problem {
        Problem::new(codes::OTP_KEY_GENERATE).detailed(why)
    }

    /// The letters after the prefix, as a number.
    fn public_id(&self, number: u64) -> Option<PublicId> {
        let letters = Self::LETTERS.checked_sub(self.prefix.len())?;
        let all = modhex::encode(&number.to_be_bytes());
        let (zeros, tail) = all.split_at_checked(all.len().checked_sub(letters)?)?;
        let fits = zeros.bytes().all(|letter| letter == modhex::ALPHABET[0]);
        PublicId::parse(&format!("{}{tail}", self.prefix)).filter(|_| fits)
    }

    fn checked(&self) -> Result<()> {
        if self.count == 0 || self.count > Self::MOST {
            return Err(Self::invalid(format!(
                "from 1 to {} keys can be made at once",
                Self::MOST
            )));
        }
        if self.prefix.len() > 10 || !modhex::is_modhex(&self.prefix) {
            return Err(Self::invalid("the prefix has up to ten modhex letters"));
        }
        Ok(())
    }
}

/// Makes secrets for new keys whose public ids are free here. Nothing is kept: they are
/// imported once they are safe where they will be programmed from.
///
/// # Errors
/// `otp_key.generate` where no such keys can be made.
pub async fn generate(
    app: &App,
    administrator: &Administrator,
    wanted: &NewKeys,
) -> Result<Vec<KeyRecord>> {
    wanted.checked()?;
    let mut taken: HashSet<PublicId> = HashSet::new();
    let mut records = Vec::new();
    for index in 0..u64::from(wanted.count) {
        let public_id = match wanted.first {
            Some(first) => first
                .checked_add(index)
                .and_then(|number| wanted.public_id(number))
                .ok_or_else(|| NewKeys::invalid("the public ids run out after the prefix"))?,
            None => free_id(app, wanted, &taken)?,
        };
        taken.insert(public_id.clone());
        let serial = wanted.first_serial.map(|first| first.saturating_add(index));
        records.push(KeyRecord::generate(
            &*app.entropy,
            public_id,
            serial.filter(|serial| i64::try_from(*serial).is_ok()),
            wanted.with_lock_codes,
            app.now(),
        ));
    }
    refuse_known(app, &records).await?;
    let event = administrator.does(EventKind::OtpKeysGenerated);
    let keys = records.len();
    app.record(event.detailed(EventDetail::KeysGenerated { keys }))
        .await?;
    Ok(records)
}

/// A random public id that none of these keys has.
fn free_id(app: &App, wanted: &NewKeys, taken: &HashSet<PublicId>) -> Result<PublicId> {
    let letters = NewKeys::LETTERS.saturating_sub(wanted.prefix.len());
    (0..64)
        .filter_map(|_| {
            let random = modhex::encode(&app.entropy.bytes::<6>());
            PublicId::parse(&format!("{}{}", wanted.prefix, random.get(..letters)?))
        })
        .find(|public_id| !taken.contains(public_id))
        .ok_or_else(|| NewKeys::invalid("the prefix leaves too few public ids"))
}

async fn refuse_known(app: &App, records: &[KeyRecord]) -> Result<()> {
    for batch in records.chunks(500) {
        let known = super::import::judge_keys(app, batch.to_vec()).await?;
        let mut pairs = batch.iter().zip(known);
        if let Some((record, _)) = pairs.find(|(_, verdict)| !verdict.is_added()) {
            return Err(Problem::new(codes::OTP_KEY_TAKEN).detailed(record.public_id.as_str()));
        }
    }
    Ok(())
}
