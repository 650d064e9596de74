//! The database: rows in, domain types out. Nothing else knows Diesel.
