//! Published vectors and tampered messages, as fixtures whose names carry the verdict.

mod yubico;
