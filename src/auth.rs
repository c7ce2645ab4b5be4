//! Password hashing, tokens, device keys: rules and crypto only.
