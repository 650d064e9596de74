//! Requests that may be sent again. The key of one is written in the transaction that creates what it
//! asks for (`grounds::create_for`), so that whatever ends the server in between, it is created once.

use zeroize::Zeroizing;

use crate::App;
use keyward_core::domain::answered_request::{Created, LONGEST_KEY, RequestKey};
use keyward_core::domain::api_token::ApiTokenId;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::KeyPurpose;
use keyward_store::answered_requests;

/// What became of a request that was sent before.
#[derive(Debug)]
pub enum Before {
    /// It was answered like this.
    Answered(Zeroizing<Vec<u8>>),
    /// This was created, and the server ended before it could answer.
    Created(Created),
}

/// The key of a request: of this token, as the program chose it, for this method, address and body.
///
/// # Errors
/// `request.malformed` where it is empty, too long or not printable.
pub fn key(app: &App, token: ApiTokenId, chosen: &str, asked: [&str; 3]) -> Result<RequestKey> {
    let sound = (1..=LONGEST_KEY).contains(&chosen.len())
        && chosen
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if !sound {
        return Err(Problem::new(codes::REQUEST_MALFORMED)
            .detailed("an Idempotency-Key has 1 to 255 printable characters of ASCII"));
    }
    let tag = |parts: &[&str]| {
        let tag = app.master_key.tag::<32>(KeyPurpose::RequestKey, parts);
        data_encoding::HEXLOWER.encode(tag.as_slice())
    };
    Ok(RequestKey {
        hash: tag(&["key", &token.to_string(), chosen]),
        fingerprint: tag(&["asked", asked[0], asked[1], asked[2]]),
    })
}

/// What became of the request of this key; `None` where it is new.
///
/// # Errors
/// `request.key_reused` where it asked for something else.
pub async fn find(app: &App, key: &RequestKey) -> Result<Option<Before>> {
    let (hash, now, master_key) = (key.hash.clone(), app.now(), app.master_key.clone());
    let found = app
        .store
        .look(move |connection| answered_requests::get(connection, &hash, now, &master_key))
        .await?;
    let Some(found) = found else { return Ok(None) };
    if found.fingerprint != key.fingerprint {
        return Err(codes::REQUEST_KEY_REUSED.into());
    }
    if let Some(answer) = found.answer {
        return Ok(Some(Before::Answered(answer)));
    }
    let created = found.outcome.and_then(|bytes| Created::from_bytes(&bytes));
    created
        .map(|created| Some(Before::Created(created)))
        .ok_or_else(|| codes::REQUEST_KEY_RACED.into())
}

/// Keeps how a request was answered. Where that is lost, it is told anew from what was created.
///
/// # Errors
/// The store's.
pub async fn keep(app: &App, key: &RequestKey, answer: Zeroizing<Vec<u8>>) -> Result<()> {
    let (hash, context) = (key.hash.clone(), app.context());
    app.store
        .write_unsynced(move |connection| {
            let sealing = (&*context.master_key, &*context.entropy as _);
            answered_requests::keep_answer(connection, &hash, &answer, sealing)
        })
        .await
}
