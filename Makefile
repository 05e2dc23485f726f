# make dataset   the whole corpus: on the drawn kit, or on your pictures: make dataset BG=photos FG=people OUT=corpus
# make train     a network on that corpus (PyTorch, 5.5 GB): on a GPU the full run, else minutes: make train OUT=corpus RUN=run
# make test      the test suite; make test-slow: wheels, power cuts, large networks, properties at length: minutes
# make docs      this documentation as a site, in build/site
# make test-browser   the pages of `bgfg app` and `bgfg web` in Chromium
# make soak      commands killed, refused and cut off at every call, readers handed damaged files: hours
# Each target sets up what it needs in .venv; a stamp says that an installation is whole.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

BG ?=
FG ?=
BG_DEPTH ?=
OUT ?= data/$(if $(BG),own-corpus,corpus)
TEACHER ?= auto
WEIGHTS ?=
PLACEMENTS ?= 20
SIZE ?= 224
CUTOUT_HEIGHT ?= 110
RUN ?= data/run
SOAK ?= --minutes 60
KIT = data/kit
DATASET_OPTIONS = --placements $(PLACEMENTS) --size $(SIZE) --cutout-height $(CUTOUT_HEIGHT) --teacher $(TEACHER) \
	$(if $(WEIGHTS),--weights "$(WEIGHTS)")

.PHONY: help install install-train dataset train test test-slow test-browser soak check tree docs bench bench-gpu clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

install: $(VENV)/.core
install-train: $(VENV)/.train

# A half-made environment has no stamp and is made again from nothing.
$(VENV)/.core: pyproject.toml constraints.txt $(wildcard */*/*.[ch] */*/*/*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Error: bgfg needs Python 3.11 to 3.13, $(PYTHON) is another: make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "Installing bgfg into $(VENV) (a minute) ..."
	@test -f $@ || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "Installing what the tests and checks need, PyTorch among it, some 5.5 GB (minutes) ..."
	@$(PIP) --editable '.[dev,bench,train,onnx,cutout,app]'
	@touch $@

$(VENV)/.train: $(VENV)/.core
	@echo "Installing what training needs: PyTorch and more, some 5.5 GB ..."
	@$(PIP) --editable '.[train]'
	@touch $@

$(VENV)/.docs: $(VENV)/.core
	@$(PIP) --editable '.[docs]'
	@touch $@

dataset: $(VENV)/.core
ifeq ($(BG)$(FG)$(BG_DEPTH),)
	@$(BIN)/bgfg kit $(KIT)
	@$(BIN)/bgfg dataset "$(OUT)" --bg $(KIT)/bg --fg $(KIT)/fg --bg-depth $(KIT)/depth \
		$(DATASET_OPTIONS)
else
	@test -n "$(BG)" -a -n "$(FG)" || { echo "Error: give both folders: make dataset BG=photos FG=people" >&2; exit 2; }
	@$(BIN)/bgfg dataset "$(OUT)" --bg "$(BG)" --fg "$(FG)" $(if $(BG_DEPTH),--bg-depth "$(BG_DEPTH)") \
		$(DATASET_OPTIONS)
endif
	@$(BIN)/bgfg preview "$(OUT)" "$(OUT).png"

train: $(VENV)/.train
	@test -e "$(OUT)/manifest/corpus.json" || $(MAKE) dataset
	@$(BIN)/bgfg train "$(OUT)" "$(RUN)"
	@$(BIN)/bgfg evaluate "$(RUN)" "$(OUT)"

# A process a core, each with a thread for PyTorch. Without compiled files each of hundreds of processes compiles anew.
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

test: $(VENV)/.dev
	$(PYTEST) -m "not slow and not browser"

test-slow: $(VENV)/.dev
	$(PYTEST) -m "slow or hypothesis" --hypothesis-profile=thorough

# Pages in Chromium, one after the other; they are left out where there is none, and those of `bgfg web` where npm isn't.
test-browser: $(VENV)/.dev
	$(PYTEST) -n 0 -m browser

# Options of it: make soak SOAK="--minutes 600 --kinds power"; --help lists them. The same command again goes on.
soak: $(VENV)/.dev
	$(BIN)/python -m tests.faults.soak $(SOAK)

# A type checker wants bgfg where its imports say: links to the folders, under build/.
define LINK_PACKAGE
rm -rf build/types && mkdir -p build/types/bgfg && \
ln -s $(CURDIR)/bgfg/* $(foreach folder,data_manifests synth depth_teacher train,$(CURDIR)/$(folder)) build/types/bgfg
endef

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(LINK_PACKAGE)
	$(BIN)/mypy

# The tree of files in docs/architecture.md, from the first lines of the files.
tree: $(VENV)/.core
	$(BIN)/python docs/make_tree.py

# A link, an anchor, a picture or a page that isn't there is an error.
docs: $(VENV)/.docs
	@$(LINK_PACKAGE)
	@$(BIN)/python docs/make_pages.py build/pages
	@rm -rf build/site && $(BIN)/zensical build --strict
	@$(BIN)/python docs/check_site.py build/site
	@echo "Open build/site/index.html"

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks --json data/bench.json

bench-gpu: $(VENV)/.dev
	$(BIN)/python -m benchmarks.depth --device cuda

# Corpora under data/ are kept: they are yours.
clean:
	rm -rf $(VENV) build *.egg-info .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
