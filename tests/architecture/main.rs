//! Keeps the import directions and the doors of `src/`.
