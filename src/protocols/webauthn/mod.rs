//! The strict reading of what authenticators answer, in front of the library that checks signatures.
