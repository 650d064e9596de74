//! What the stages of a sign-in, of a step-up and of a session let somebody do, as tables: another
//! user, another session, how well they proved themselves, which devices they have, and when.

mod ceremony;
mod people;
mod permits;
mod sign_in;
mod step_up;
