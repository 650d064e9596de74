//! The console of verified superusers.
