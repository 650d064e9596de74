//! What can be done: one thing somebody can do is one file and one transaction.
