//! The `cartwright` binary: parse, dispatch, exit code.

fn main() {}
