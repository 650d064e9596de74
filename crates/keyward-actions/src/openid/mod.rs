//! The OpenID provider: what its endpoints do for clients and for the users whom they send.
//!
//! What a user lets a client have is a grant ([`Grant`]), and codes and tokens hang on it. Whether a grant
//! stands is asked of the user's session at each use (`standing.rs`), so that whatever ends the session ends
//! the tokens too.
//!
//! [`Grant`]: keyward_core::domain::openid_grant::Grant

mod access_token;
mod authorize;
mod claims;
mod client_proof;
mod clients;
mod code;
mod consent;
mod device;
mod end_session;
mod failure;
mod hardware;
mod introspect;
mod machine;
mod pushed;
mod refresh;
mod requirement;
mod return_state;
mod revoke;
mod session_end;
mod standing;
mod token;
mod userinfo;

pub use authorize::{Authorizing, ResponseTarget, authorize, declined};
pub use client_proof::ClientCall;
pub use clients::{client_name, is_origin_of_client};
pub use consent::{OwnConsent, agree, does_any_ask, own_consents, take_back};
pub use device::{
    DeviceAsk, DeviceAuthorization, DeviceDecision, begin_device, decide_device, find_device,
};
pub use end_session::{EndSession, end_session};
pub use failure::{Answered, Failure};
pub use hardware::asks_for_hardware;
pub(crate) use hardware::clients_ask_for_hardware;
pub use introspect::introspect;
pub use pushed::{Pushed, push};
pub use return_state::{RETURN, led_on};
pub use revoke::revoke;
pub use session_end::{SessionEnd, claim_session_ends, end_left_behind, tell_session_end};
pub use token::{Tokens, token};
pub use userinfo::userinfo;
