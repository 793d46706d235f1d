//! Threads and channels, and the one loop: event → apply → effects.
