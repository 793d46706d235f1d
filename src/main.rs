//! The `haishao` command.

fn main() {}
