//! A server among several that share a database.

use super::id_type;

id_type!(
    /// The id of a running server: a new one at each start.
    NodeId
);
