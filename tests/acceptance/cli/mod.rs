//! The program: its commands, its start and its end.

mod apply;
mod apply_clients;
mod check_clients;
mod clients;
mod command_line;
mod keys;
mod metadata;
mod serving;
mod stopping;
