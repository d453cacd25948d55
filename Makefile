# zoom3d's commands. `make demo` and `make test` need Python 3.10 or newer, make and git; they do the rest themselves.

VENV ?= .venv
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo $$name; break; }; done)
WORKERS ?= auto

.PHONY: help demo test check format gallery clean

help:
	@echo "make demo    set up and render an example to out/demo.mp4"
	@echo "make test    set up and run the test suite"
	@echo "make check   format, lint, types, import walls, then the test suite"
	@echo "make gallery render the pictures of docs/presets.md anew"
	@echo "make format  put the code into shape"
	@echo "make clean   remove the virtual environment and all that was built"

demo:
	@$(call prepare,)
	@mkdir -p out
	@"$(VENV)/bin/zoom3d" render examples/coffee.jpg -o out/demo.mp4 --offline

test:
	@$(call prepare,--extra test)
	OMP_NUM_THREADS=1 "$(VENV)/bin/python" -m pytest -n $(WORKERS) --maxprocesses=4 --dist=worksteal

check:
	@$(call prepare,--extra test)
	"$(VENV)/bin/ruff" format --check .
	"$(VENV)/bin/ruff" check .
	"$(VENV)/bin/mypy"
	"$(VENV)/bin/lint-imports"
	@$(MAKE) --no-print-directory test

format:
	@$(call prepare,--extra test)
	"$(VENV)/bin/ruff" format .
	"$(VENV)/bin/ruff" check --fix .

gallery:
	@$(call prepare,)
	"$(VENV)/bin/python" tools/gallery.py

clean:
	rm -rf .venv out dist build

prepare = test -n "$(PYTHON)" || { echo "error: no Python 3.10 or newer was found" >&2; \
	echo "hint: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$(PYTHON)" tools/prepare.py "$(VENV)" $(1)
