//! HTTP API and the embedded web page.
