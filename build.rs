//! Says where the console's files are that the program embeds: `web/dist`, or, where nobody has built that, one page that says so.
//!
//! No network and no Node here: a plain `cargo build` always works, and never serves a blank page.

use std::path::{Path, PathBuf};
use std::{env, fs};

const NOTICE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>海哨 Haishao</title>\
<body><h1>海哨 Haishao</h1><p>This program was built without its console. Build it with <code>make run</code>, or \
<code>make web</code> and then <code>cargo build --release</code>; that needs Node 20 and npm.</p>\
<p>本程序编译时未包含控制台页面。请用 <code>make run</code> 重新编译（需要 Node 20 与 npm）。</p>\
<p>The same data is under <a href=\"/api/picture\">/api/picture</a>, <a href=\"/api/alerts\">/api/alerts</a>, \
<a href=\"/api/sensors\">/api/sensors</a> and <a href=\"/metrics\">/metrics</a>.</p>";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let built = root.join("web/dist");
    let is_built = built.join("index.html").is_file();
    // Cargo takes a watched path that is absent for changed, each time: then the folder is watched in which it will appear.
    println!("cargo:rerun-if-changed={}", if is_built { "web/dist" } else { "web" });
    let folder = if is_built { built } else { notice() };
    println!("cargo:rustc-env=HAISHAO_WEB={}", folder.display());
}

fn notice() -> PathBuf {
    println!("cargo:warning=web/dist is not built, so the console is one page that says so; `make web` builds it");
    let folder = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("web");
    let made = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("index.html"), NOTICE));
    if let Err(error) = made {
        println!("cargo:warning=cannot write {}: {error}", folder.display());
    }
    folder
}
