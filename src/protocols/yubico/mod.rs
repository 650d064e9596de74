//! Yubico's one-time passwords and the validation protocol, version 2.0.
//!
//! Whoever asks a validation service writes a [`Request`], and believes nothing but what
//! [`Request::read`] makes of the body that came back.

pub mod modhex;
mod otp;
mod request;
mod response;
mod signature;

pub use otp::{Otp, OtpDigest, PublicId};
pub use request::{Nonce, Request};
pub use response::{Answer, ConfirmedOtp, Declined, Distrust};
pub use signature::ApiKey;
