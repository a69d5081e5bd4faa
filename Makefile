PYTHON ?= python3
BIN = .venv/bin
# Compiled modules are kept: a process that may not write them compiles every library anew, for some 7 CPU seconds.
export PYTHONDONTWRITEBYTECODE =

.PHONY: install demo test lint lock audit faults clean

# Stamped, so that a second `make` does not install again.
.venv/.installed: requirements.lock pyproject.toml install.py
	$(PYTHON) -m venv .venv
	$(BIN)/python install.py
	touch $@

install: .venv/.installed

demo: install
	$(BIN)/zhike demo

test: install
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

# Minutes to hours: N faults, each with a run of a small shop or two. The counts and sentences go into docs/reliability.md.
N ?= 200
faults: install
	$(BIN)/python -m benchmarks.faults --n $(N) --write

# One lock for every platform and Python, with hashes, without index addresses.
lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-strip-extras --no-header -q -o requirements.lock

# Every advisory of today against the lock. Asks PyPI, so it is for a machine with a network; without its answers it fails.
audit: install
	$(BIN)/uv tool run pip-audit==2.10.1 --requirement requirements.lock --disable-pip --require-hashes --strict

clean:
	rm -rf .venv
