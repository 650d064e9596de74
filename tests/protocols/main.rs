//! Published vectors and tampered messages, as fixtures whose names carry the verdict.

mod otp;
mod provisioning;
mod pskc;
mod webauthn;
mod yubico;
