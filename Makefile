# Paidan: `make run` starts the product, `make test` proves it. Nothing outside this folder is needed or touched.
PORT ?= 8000
HOST ?= 127.0.0.1
VAR ?= $(CURDIR)/var
LAUNCHER ?= $(shell command -v python3.13 >/dev/null 2>&1 && python3.13 -c '' 2>/dev/null && echo python3.13 || echo python3)
BIN := $(CURDIR)/.venv/bin
INSTALLED := .venv/.installed
export PYTHONDONTWRITEBYTECODE ?=
# Asks no database, or asks it nothing but what tests without a browser ask on both; what races in browsers is on both.
ONCE := tests/test_conformance.py tests/test_scaffold.py tests/test_scheduling.py tests/test_workbook.py tests/test_pictures.py \
	$(filter-out tests/test_board_browser.py tests/test_centre_browser.py,$(wildcard tests/test_*browser.py)) $(wildcard tests/test_day_of_*.py)
# On a busy machine a browser may miss its moment: what failed is tried once more, alone. What is broken fails again.
AGAIN = $(BIN)/pytest --last-failed --last-failed-no-failures none
PLUGINS := $(dir $(wildcard plugins/*/pyproject.toml))
UV = $(shell command -v uv 2>/dev/null || echo $(CURDIR)/.tools/bin/uv)

.PHONY: install run check test bench pictures lock messages clean

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml .python-version $(wildcard plugins/*/pyproject.toml) $(shell find platform -name '*.po')
	@$(LAUNCHER) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) and "Paidan needs Python 3.13; %s found. Install 3.13 or say LAUNCHER=/path/to/python3.13." % sys.version.split()[0])'
	@test -x "$(UV)" || ($(LAUNCHER) -m venv .tools && .tools/bin/python -m pip install --quiet 'uv>=0.9')
	@test -x .venv/bin/python || $(UV) venv --quiet --python "$$($(LAUNCHER) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock # not sync: plugins that the shop added stay
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e . $(addprefix -e ./,$(PLUGINS))
	$(BIN)/pybabel --quiet compile --domain django --directory platform/paidan/locale
	@touch $@

run: install
	@PAIDAN_VAR="$(VAR)" $(BIN)/python manage.py serve --host $(HOST) --port $(PORT)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

test: install
	PAIDAN_TEST_DATABASE=sqlite $(BIN)/pytest -n 2 || PAIDAN_TEST_DATABASE=sqlite $(AGAIN)
	PAIDAN_TEST_DATABASE=postgresql $(BIN)/pytest -n 2 tests $(addprefix --ignore=,$(ONCE)) -k "not barrier and not every_link" \
		|| PAIDAN_TEST_DATABASE=postgresql $(AGAIN)

bench: install
	$(BIN)/python -m tests.benchmarks

pictures: install
	$(BIN)/python -m tests.pictures

# For developers: uv.lock names a registry, so only its address-free export is kept.
lock:
	$(UV) lock --upgrade
	$(UV) export --quiet --no-emit-workspace --no-header --no-annotate --all-groups > requirements.lock

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis
