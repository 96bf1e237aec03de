# The two commands that matter: `make try` and `make test`. Everything else is below them.

CARGO ?= cargo
SCENARIO ?= demo
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
# What is measured is what ships: on Linux a program that stands alone, as plugin/package.py builds it.
ALONE := $(if $(findstring -linux-,$(HOST)),RUSTFLAGS="$(RUSTFLAGS) -C target-feature=+crt-static")

.DEFAULT_GOAL := help
.PHONY: help try test tools unit live faults demo bench lint install-local archive soak

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

try: ## Build, and diagnose the built-in sample: a root cause, two consequences, an unrelated warning
	@echo "building (minutes the first time, seconds after) ..." >&2
	@$(CARGO) build --quiet --locked
	@code=0; target/debug/kubectl-aksbackup doctor --sample || code=$$?; \
	echo; echo "A script would have seen exit code $$code: $$(case $$code in \
	  0) echo 'nothing found';; 1) echo 'at least one finding at or above --fail-on warning';; \
	  3) echo 'nothing found, but something could not be judged';; *) echo 'it could not run';; esac)."; \
	test $$code -le 3 -a $$code -ne 2

tools: ## Build the real parts of the laboratory (minutes the first time, seconds after)
	$(CARGO) build --quiet --locked --workspace --bins
	$(CARGO) run --quiet --locked -p aksbackup-lab -- binaries

test: tools ## Install what the tests need, and run every test
	$(CARGO) test --locked --workspace

unit: ## Run the tests that need no cluster
	$(CARGO) test --locked --lib --test checks --test words --test architecture --test contract --test output --test sample --test robustness --test interruption

live: tools ## Run the tests against the laboratory's real clusters
	$(CARGO) test --locked --test live --test packaging

faults: tools ## Run a tenth of every call x every fault, and Ctrl-C at many moments
	$(CARGO) test --locked --test faults

demo: ## Run a broken cluster to play with until Ctrl-C; SCENARIO=name, `make demo SCENARIO=list` shows them
	@if [ "$(SCENARIO)" = list ]; then $(CARGO) run --quiet --locked -p aksbackup-lab -- scenarios; \
	else $(MAKE) --no-print-directory tools && $(CARGO) run --quiet --locked -p aksbackup-lab -- demo $(SCENARIO); fi

bench: tools ## Measure what docs/performance.md states
	$(ALONE) $(CARGO) bench --locked --target $(HOST)

archive: ## Build this machine's release and pack it into target/krew, with its manifest and sums
	python3 plugin/package.py archive --out target/krew
	python3 plugin/package.py local --out target/krew

install-local: tools ## Build the release and have the real krew install it into ~/.krew (or KREW_ROOT)
	python3 plugin/package.py install

soak: tools ## What takes long: every call x every fault, a thousand runs in a row, mutated facts (PROPTEST_CASES=20000), and 2,000 claims judged twice
	$(CARGO) test --locked --test faults -- all
	$(CARGO) test --locked --test faults -- soak
	PROPTEST_CASES=$${PROPTEST_CASES:-20000} $(CARGO) test --release --locked --test robustness
	AKSBACKUP_LAB_ALL=1 $(CARGO) test --locked -p aksbackup-lab --test scenarios
	AKSBACKUP_PVCS=2000 $(CARGO) test --locked --test pvcs -- two_judges --nocapture

lint: ## Formatting, clippy and docs, with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
