//! The password: hashed and checked with argon2id.
