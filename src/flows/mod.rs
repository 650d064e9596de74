//! Journeys over several requests, as types: an illegal move does not compile.
