//! The database: what stands in it, what several servers make of it, and what happens without it.

mod at_rest;
mod databases;
mod full_disks;
mod nodes;
mod old_rows;
mod outages;
mod poolers;
