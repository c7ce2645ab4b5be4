//! Every path of the runtime directory, created 0700 and 0600.
