# One target per task; each installs what it needs. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CODE := app.py bot_handlers commands locales shop storage tests wallet web

.DEFAULT_GOAL := help
.PHONY: help install run init doctor test fast check fmt bench bench-compare endurance pictures

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/runtime.stamp ## install the libraries, which `run`, `init` and `doctor` do too

run: $(VENV)/runtime.stamp ## run the shop; without a bot token, the sandbox
	@exec $(BIN)/python app.py

init: $(VENV)/runtime.stamp ## set up a shop: asks for the bot token and everything else
	@exec $(BIN)/python app.py init

doctor: $(VENV)/runtime.stamp ## check everything that the shop depends on
	@exec $(BIN)/python app.py doctor

test: check ## check everything: linters, types, import contracts, all tests
	@tests/install-browser
	@$(BIN)/python -m compileall -q -j 0 $(CODE)  # once, for the hundreds of programs that the tests start
	$(BIN)/python -m pytest -n auto --dist loadgroup

fast: $(VENV)/development.stamp ## run the quick tests, while you work
	$(BIN)/python -m pytest -n auto -m fast

check: $(VENV)/development.stamp ## linters, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/development.stamp ## format the code and fix what can be fixed automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/development.stamp ## run the benches: one table with ratios to a yardstick, and build/bench.json
	$(BIN)/python -m tests.bench

bench-compare: $(VENV)/development.stamp ## compare two of these files: A=before.json B=after.json
	@$(BIN)/python -m tests.bench.compare $(A) $(B)

endurance: $(VENV)/development.stamp ## kill the shop 100 times, fill its disk, and send it 100 000 updates; takes an hour
	SOUK_ENDURANCE=1 $(BIN)/python -m pytest tests/wallet tests/e2e/test_crash.py tests/e2e/test_a_day.py tests/e2e/test_steady.py \
		tests/shop/payments/test_star_books.py tests/shop/moving/test_scale.py
	SOUK_ENDURANCE=1 $(BIN)/python -m pytest -m hypothesis --ignore tests/wallet
	$(BIN)/python -m tests.bench.bench_endurance --full

pictures: $(VENV)/development.stamp ## take the README's pictures from the sandbox, with Chromium
	$(BIN)/python -m tests.pictures

$(VENV)/runtime.stamp: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing the libraries, about a minute, only this time:"
	@./install-libraries $(VENV) requirements.txt
	@touch $@

$(VENV)/development.stamp: requirements.txt requirements-dev.txt constraints.txt | $(BIN)/python
	@echo "Installing the development libraries and tools, a few minutes, only this time:"
	@./install-libraries $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/runtime.stamp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Souk needs Python 3.11 or newer. Choose one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
