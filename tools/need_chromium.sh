#!/usr/bin/env bash
# The browser tests want a Chromium and fonts for Chinese. Installs Debian's where that is possible; else says what is missing and
# fails: a test that is not run must be seen.
set -euo pipefail
browser="${CHROMIUM:-/usr/bin/chromium}"
packages=(chromium fonts-noto-cjk fonts-noto-core fonts-dejavu-core)
missing() {
  [ -x "$browser" ] || return 0
  if command -v fc-list >/dev/null; then [ -n "$(fc-list :lang=zh)" ] || return 0; fi
  return 1
}
missing || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi
if missing; then
  echo "browser tests NOT RUN: $browser or a font for Chinese is missing; apt-get install ${packages[*]} (CHROMIUM=... names another browser)" >&2
  exit 1
fi
