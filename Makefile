# Everything a person does with this repository, by name. `make help` lists it.

CARGO ?= cargo
# For scoring in `make bench`; wants numpy and scipy.
PYTHON ?= python3
# Arguments for `make run`, as ARGS="--config site.toml".
ARGS ?=
# Mutated lines and datagrams for `make fuzz`, kills for `make soak`.
FUZZ ?= 100000000
KILLS ?= 200

.DEFAULT_GOAL := help
.PHONY: run test lint doc web web-test bench fuzz soak help

# The console is built when a file of it is newer than what was built last; npm takes what the lock file names.
WEB_SOURCES := $(shell find web/src web/index.html web/package.json web/package-lock.json web/vite.config.ts web/svelte.config.js 2>/dev/null)

web: web/dist/index.html ## build the console's page (needs Node 20 or later and npm)

web/node_modules/.package-lock.json: web/package-lock.json
	@command -v npm >/dev/null || { echo "the console needs Node 20 and npm: apt-get install nodejs npm, or https://nodejs.org"; exit 1; }
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npx vite build
	@touch $@

run: web ## build, then show the demo (or ARGS="--config site.toml"); console on http://127.0.0.1:8080
	$(CARGO) build --release --locked
	./target/release/haishao watch $(ARGS)

test: lint web-test ## everything that must hold: format, lints, unit, property, integration, documentation and browser tests
	$(CARGO) test --locked --doc
	$(CARGO) test --locked --lib --bins --test it --test allocations

web-test: web ## the console in a real Chromium (CHROMIUM=... names another than /usr/bin/chromium)
	cd web && npx svelte-check --tsconfig ./tsconfig.json --fail-on-warnings
	tools/need_chromium.sh
	$(CARGO) build --locked --bin haishao --example console_load
	cd web && npx playwright test

lint: web
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

doc: ## the rooms from within, in a browser: begin at ARCHITECTURE.md
	$(CARGO) doc --locked --no-deps --document-private-items --open

bench: ## instruction counts against those kept, figures with their ratios to named peers, scores on S1 and S2 (needs valgrind: apt-get install valgrind)
	@command -v valgrind >/dev/null || { echo "make bench counts instructions with valgrind: apt-get install valgrind"; exit 1; }
	$(CARGO) bench --locked --bench instructions
	$(CARGO) run --release --locked --features peers -- bench all --json target/bench.json
	@if [ ! -d ../shared/data/scenes ]; then echo "scenes not scored: ../shared/data/scenes is absent"; \
	elif ! $(PYTHON) -c 'import numpy, scipy' 2>/dev/null; then echo "scenes not scored: $(PYTHON) lacks numpy or scipy (PYTHON=... names another)"; \
	else $(PYTHON) tools/score_scenes.py --wire S1_clear_1 S1_clear_2 S2_coast_1 S2_coast_2 && $(PYTHON) tools/score_alerts.py; fi

fuzz: ## FUZZ mutated lines and datagrams (default 10^8) through every decoder: no panic, bounded state
	HAISHAO_FUZZ=$(FUZZ) $(CARGO) test --release --locked --test it -- mutated --nocapture

soak: ## kill a recorder and a watch KILLS times each (default 200): nothing acknowledged or older than the stated bound is lost; 50 consoles for 10 minutes without growth
	HAISHAO_KILLS=$(KILLS) $(CARGO) test --release --locked --test it -- capture_kill --nocapture
	$(CARGO) run --release --locked --example console_load -- 10000 50 620
	@echo "the same with a leak of 0.3 MB a second, which must be found:"
	@! $(CARGO) run --release --locked --example console_load -- 1000 5 120 127.0.0.1:0 300

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
