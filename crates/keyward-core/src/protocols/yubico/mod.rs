//! Yubico's one-time passwords and the validation protocol, version 2.0.
//!
//! A client that asks a validation service writes a [`Request`], and believes nothing but what
//! [`Request::read`] makes of the body that came back. A server that is one reads a [`Question`], opens
//! the OTP with its [`SlotSecret`], and prints a [`Reply`].

pub mod modhex;
mod otp;
mod question;
mod reply;
mod request;
mod response;
mod signature;
mod slot;

pub use otp::{ConfirmedOtp, Otp, OtpDigest, PublicId};
pub use question::{LONGEST_QUESTION, Question, Version};
pub use reply::Reply;
pub use request::{Nonce, Request};
pub use response::{Answer, Declined, InvalidAnswer};
pub use signature::ApiKey;
pub use slot::{SlotSecret, Touch};
