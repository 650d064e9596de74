//! Published vectors and tampered messages, as fixtures whose names carry the verdict.

mod otp;
mod provisioning;
mod pskc;
#[path = "../support/soft_authenticator.rs"]
mod soft_authenticator;
#[path = "../support/soft_maker.rs"]
mod soft_maker;
mod webauthn;
mod yubico;
