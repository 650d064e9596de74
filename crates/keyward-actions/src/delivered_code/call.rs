//! What a call says. Between the order and the moment in which the user picks up, the code stands
//! nowhere but in the address that the call was given, sealed: at rest it is a hash like any other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::App;
use keyward_core::factors::delivered_code::{CodeId, CodePlace, DeliveredCode};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::{Place, TokenHash};
use keyward_store::delivered_codes;

/// What is sealed into the address.
#[derive(Serialize, Deserialize)]
struct Sealed {
    journey: String,
    code: Zeroizing<String>,
    language: String,
}

/// What a call says.
pub struct CallSpeech {
    /// The code; `None` where it does not work any more.
    pub code: Option<Zeroizing<String>>,
    /// The tag of the language.
    pub language: String,
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "delivered_codes",
        column: "speech",
        row,
    }
}

/// Where a call finds its words.
pub fn call_address(public_url: &Url, id: &str, sealed: &str) -> Url {
    let mut url = public_url.clone();
    url.set_path(&format!("/phone/calls/{id}/{sealed}"));
    url
}

/// The address by which a code is spoken.
pub(super) fn call_address_of(
    app: &App,
    code: &DeliveredCode,
    at: &CodePlace,
    language: &str,
) -> Result<Url> {
    let speech = Sealed {
        journey: at.journey.as_str().to_owned(),
        code: Zeroizing::new(code.expose().to_owned()),
        language: language.to_owned(),
    };
    let plain = Zeroizing::new(serde_json::to_vec(&speech).map_err(Problem::internal)?);
    let id = at.id.to_string();
    let sealed = app.master_key.seal(&*app.entropy, place(&id), &plain);
    let sealed = URL_SAFE_NO_PAD.encode(sealed);
    Ok(call_address(&app.settings.server.public_url, &id, &sealed))
}

/// What the call of this address says.
///
/// # Errors
/// `request.not_found` for an address that was not ours.
pub async fn call_speech(app: &App, id: &str, sealed: &str) -> Result<CallSpeech> {
    let missing = || Problem::new(codes::REQUEST_NOT_FOUND);
    let code = CodeId::parse(id).ok_or_else(missing)?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| missing())?;
    let row = code.to_string();
    let plain = app.master_key.open(place(&row), &sealed);
    let plain = plain.map_err(|_| missing())?;
    let speech: Sealed = serde_json::from_slice(&plain).map_err(|_| missing())?;
    let (journey, now) = (TokenHash::from_stored(&speech.journey), app.now());
    let is_good = app
        .store
        .look(move |connection| delivered_codes::is_outstanding(connection, &journey, code, now))
        .await?;
    Ok(CallSpeech {
        code: is_good.then_some(speech.code),
        language: speech.language,
    })
}
