# Two commands matter: `make demo` and `make test`. `make` alone lists them all.

PORT := $(or $(PORT),$(MERIDIAN_PORT),8000)
VENV ?= .venv
export VENV
export MERIDIAN_PORT = $(PORT)
run = ./py.sh
dev = NEEDS=dev ./py.sh
pytest = $(dev) -m pytest

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint types unit browser chaos interop bench format migrations requirements

help: ## What there is to do here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## The whole product on this machine; needs Python 3.12-3.14 and nothing else. PORT=8001 takes another port
	@$(run) -m config.demo

demo-reset: ## The same, after throwing the demo's data away
	@$(run) -m config.demo --afresh

# Two thirds of the tests that need nothing but servers: what staff see, and what sends.
seen = tests/studio
mailed = tests/newsletter/deliveries tests/newsletter/sequences

# The demo's story at four hours of the day: `make chaos` tells it.
seed = tests/config/demo/test_seed.py

# Scenarios of `make chaos` with few mails: hardly anything but waiting.
short = tests/chaos/test_short_forms.py

alone = not (slow or chaos or interop or browser)

# Files in which a mark stands, so that whoever wants marked tests alone need not read all the others.
with = $(sort $(filter-out $(seed) $(short),$(shell grep -rlE 'mark\.($(1))' --include='test_*.py' tests)))

# Most tests wait for somebody: six lots run side by side, as mypy does, and say one after another what they found.
# What takes longest begins first.
test: lint ## Everything that is checked, as in CI
	@said=$$(mktemp -d); trap 'kill $$walk $$play $$broke $$look $$post $$name 2>/dev/null; rm -rf $$said' EXIT; \
	$(pytest) -m "(slow or chaos or interop) and not browser" $(call with,slow|chaos|interop) >$$said/played 2>&1 & play=$$!; \
	$(pytest) $(short) >$$said/broke 2>&1 & broke=$$!; \
	$(pytest) -m "browser" $(call with,browser) >$$said/walked 2>&1 & walk=$$!; \
	$(pytest) -m "$(alone)" $(mailed) >$$said/posted 2>&1 & post=$$!; \
	$(pytest) -m "$(alone)" $(seen) >$$said/looked 2>&1 & look=$$!; \
	$(dev) -m mypy . >$$said/named 2>&1 & name=$$!; \
	$(pytest) -m "$(alone)" $(addprefix --ignore=,$(seen) $(mailed)); result=$$?; \
	for one in $$name:named $$post:posted $$look:looked $$play:played $$broke:broke $$walk:walked; do \
	  wait $${one%%:*} || result=1; cat $$said/$${one##*:}; done; exit $$result

lint: ## Style, import law, templates, the compose file
	@$(dev) -m ruff check .
	@$(dev) -m ruff format --check --quiet .
	@$(VENV)/bin/lint-imports --no-cache --no-logo
	@$(dev) -m djlint templates --lint --quiet
	@if [ -f docker-compose.yml ]; then \
	  $(dev) -m check_jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml; fi

types: ## mypy
	@$(dev) -m mypy .

unit: ## The tests without a browser, without kills, without the demo's own processes
	@$(pytest) -m "not browser and not chaos and not slow"

browser: ## The journeys in a real Chromium, and every page in both schemes and both widths
	@LOOKS=all $(pytest) -m browser

# What only the whole of it plays.
whole = $(if $(ARGS),true ||)

chaos: ## Kills, crashes, frozen processes, wrong clocks: an hour and a half. ARGS="--only kills --seed 7 --quick" plays a part
	@$(dev) -m tests.chaos $(ARGS)
	@$(whole) STATE_MACHINE=500x50 $(pytest) tests/newsletter/deliveries/test_state_machine.py tests/newsletter/sequences/test_state_machine.py
	@$(whole) FUTURES=500 $(pytest) tests/newsletter/sequences/future/test_it_cannot_lie.py
	@$(whole) MAILS_OVER_THE_YEARS=10000 $(pytest) tests/newsletter/sequences/test_mails_over_the_years.py
	@$(whole) $(pytest) $(seed)

interop: ## A thousand mails each against real Postfix and Exim, unpacked from their Debian packages under var/
	@$(dev) -m tests.interop.packages
	@INTEROP_MAILS=$(or $(INTEROP_MAILS),1000) $(pytest) -m interop tests/interop

bench: ## Figures, side by side with what they are compared to; BENCH="--only planning --repeats 3" asks for some
	@$(dev) -m tests.bench $(BENCH)

format: ## Put the code into shape
	@$(dev) -m ruff check --fix .
	@$(dev) -m ruff format .

migrations: ## Write down what the models have become
	@$(run) -m config.embedded makemigrations
	@$(dev) -m ruff format --quiet ./*/migrations

requirements: ## Pin requirements/*.in with hashes anew; needs uv
	@for name in base s3 demo dev; do \
	  uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-header --no-annotate \
	    --output-file requirements/$$name.txt requirements/$$name.in || exit 1; done
