//! The network: services that are asked, and files of others.

mod breached;
mod outgoing;
mod validation;
mod validation_lies;
mod validation_second_reader;
