# ALPEX: one Makefile, no recursion. `make help` lists the goals.

VARIANT ?= release
PREFIX ?= /usr/local
BUILD := build/$(VARIANT)

CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g -fsanitize=thread

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
DATE     := $(shell git log -1 --format=%cs 2>/dev/null || echo 2026-01-01)
WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla
WERROR   ?= -Werror

# Debian 12 ships no .pc for civetweb, so it is named by hand.
PACKAGES := rdkafka libcurl libcjson libcyaml yaml-0.1 libmaxminddb hiredis libxxhash zlib libpcre2-8 openssl libzstd
# Many patterns in one pass; without it PCRE2 looks for one after the other.
HYPERSCAN := $(shell pkg-config --exists libhs && echo libhs)
DEPS_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) $(HYPERSCAN)) $(HYPERSCAN:%=-DALPEX_HYPERSCAN)
DEPS_LIBS   = $(shell pkg-config --libs $(PACKAGES) $(HYPERSCAN)) -lcivetweb -lpthread -lm

ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -I. -MMD -MP -fstack-protector-strong $(WARNINGS) $(WERROR) \
              $(CFLAGS_$(VARIANT)) $(DEPS_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(LDFLAGS)
Q := $(if $(V),,@)

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $1/*.c $1/*/*.c $1/*/*/*.c)))
SOURCES := $(wildcard common/*.[ch] common/*/*.[ch] shipper/*.[ch] shipper/*/*.[ch] shipper/*/*/*.[ch] indexer/*.[ch] indexer/*/*.[ch] \
                       tests/unit/*/*.[ch] tests/unit/*/*/*.[ch] tests/unit/*/*/*/*.[ch] tests/fuzz/*.c)
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c tests/unit/*/*/*/test_*.c))
VENV := build/venv

all: $(BUILD)/bin/shipper $(BUILD)/bin/indexer $(if $(filter release,$(VARIANT)),build/shipper build/indexer) ## both programs; VARIANT=release|debug|asan|tsan

# The agent for other programs: everything in one object that shows its public names only.
EMBED_API := shipper_open shipper_process_file shipper_run shipper_stop shipper_close
embed: build/libshipper.a build/alpex-shipper.pc build/embed-example ## the library for programs that embed the agent, and its example
build/libshipper.a: $(filter-out $(BUILD)/shipper/command/% $(BUILD)/common/http.o $(BUILD)/common/http_pin.o,$(call objects,shipper) $(call objects,common))
	$(Q)$(LD) -r -o $(BUILD)/embed.o $^
	$(Q)objcopy $(EMBED_API:%=--keep-global-symbol=%) $(BUILD)/embed.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(BUILD)/embed.o
build/alpex-shipper.pc: Makefile $(BUILD)/version
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'Name: alpex-shipper' 'Description: ships log files to Kafka' \
	    'Version: $(VERSION)' 'Requires.private: $(filter-out libmaxminddb hiredis libcurl,$(PACKAGES))' \
	    'Libs: -L$${prefix}/lib -lshipper' 'Libs.private: -lcivetweb -lpthread -lm -ldl' \
	    'Cflags: -I$${prefix}/include/alpex/shipper' > $@
build/embed-example: deploy/embed/example.c build/libshipper.a shipper/shipper.h
	@echo "  LD $@"
	$(Q)$(CC) $(filter-out -I.,$(ALL_CFLAGS)) -Ishipper $(ALL_LDFLAGS) -o $@ $< build/libshipper.a $(DEPS_LIBS)

build/shipper build/indexer: build/%: build/release/bin/%
	$(Q)ln -sf release/bin/$* $@

up: packages-run ## starts Kafka, Elasticsearch and Redis here; writes build/stack.env
	$(Q)deploy/local/stack.sh up
down: ## stops them, and what the demo left running
	$(Q)deploy/local/stack.sh down
demo: packages-demo ## everything at once: installs, builds, starts, feeds, shows
	$(Q)$(MAKE) --no-print-directory all VARIANT=release
	$(Q)deploy/local/demo.sh

test: packages-test ## all tests, with all their set-up; last line `N passed, N failed`
	$(Q)$(MAKE) --no-print-directory all VARIANT=release
	$(Q)tests/run.sh unit integration e2e
unit: packages-test ## unit tests only: no network, seconds
	$(Q)tests/run.sh unit
integration: packages-test all ## each program against real services
	$(Q)tests/run.sh integration
e2e: packages-test all ## both programs, faults included
	$(Q)tests/run.sh e2e
asan: packages-test ## unit tests with AddressSanitizer and UBSan
	$(Q)VARIANT=asan tests/run.sh unit
tsan: packages-test ## unit tests with ThreadSanitizer
	$(Q)VARIANT=tsan tests/run.sh unit
soak: packages-test all ## a million lines while everything dies at random, ten minutes without Kafka; SOAK_LINES, SOAK_SEED, OUTAGE_S, OUTAGE_MB
	$(Q)$(MAKE) --no-print-directory support-programs venv
	$(Q)SOAK_LINES=$${SOAK_LINES:-1000000} build/venv/bin/python -m pytest -q -s tests/e2e/test_soak.py
	$(Q)OUTAGE_S=$${OUTAGE_S:-600} OUTAGE_MB=$${OUTAGE_MB:-1000} build/venv/bin/python -m pytest -q -s tests/e2e/test_outages.py -k memory_flat
fresh: ## the two commands in bare Debian trees (root; minutes, gigabytes)
	$(Q)tests/fresh/run.sh
images: ## builds the container images and tries them (root, podman)
	$(Q)tests/images/run.sh

.PHONY: bench-threat
bench-threat: $(BUILD)/tests/bench/threat_bench ## what looking for attacks costs a record
	$(Q)$< $(BENCH_ARGS)
.PHONY: bench-short bench-compare bench-readme bench-programs bench-enrich
# The benchmark: all rows beside limits and peers. BENCH_JSON keeps its results.
BENCH := $(VENV)/bin/python tests/bench/bench.py
BENCH_JSON ?= build/bench/results.json
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,build/release/tests/bench/%,$(wildcard tests/bench/limits/*.c) tests/bench/query_bench.c tests/bench/enrich_bench.c)
bench: bench-programs ## measures all, beside peers and limits (45 min, quiet machine): tests/bench/README.md; BENCH_ARGS="--rows A,B"
	$(Q)tests/bench/peers/fetch.sh build/bench/peers
	$(Q)$(BENCH) run --json $(BENCH_JSON) $(BENCH_ARGS)
bench-short: bench-programs ## the same in less than 3 minutes
	$(Q)tests/bench/peers/fetch.sh build/bench/peers
	$(Q)$(BENCH) run --short --json $(BENCH_JSON) $(BENCH_ARGS)
bench-compare: venv ## what has changed from BASE=FILE to BENCH_JSON, beyond the noise
	$(Q)$(BENCH) compare $(or $(BASE),$(error BASE=FILE: the results to compare with)) $(BENCH_JSON)
bench-readme: venv ## puts the results into tests/bench/README.md
	$(Q)$(BENCH) readme $(BENCH_JSON)
bench-programs: packages-test
	$(Q)$(MAKE) --no-print-directory VARIANT=release all venv $(BENCH_PROGRAMS)
bench-enrich: $(BUILD)/tests/bench/enrich_bench ## what each enricher costs a record; BENCH_ARGS="--config FILE RECORDS.ndjson"
	$(Q)$< $(BENCH_ARGS)
bench-query: $(BUILD)/tests/bench/query_bench ## what conditions and rules cost; BENCH_ARGS="--runs 20 --json"
	$(Q)$< $(BENCH_ARGS)
bench-time: $(BUILD)/tests/bench/timestamp_bench ## what reading a time costs
	$(Q)$< $(BENCH_ARGS)
bench-redis: $(BUILD)/tests/bench/redis_marks ## what 10 million marks cost Redis and the indexer; BENCH_ARGS="--marks N"
	$(Q)tests/bench/redis_marks.py $(BENCH_ARGS)
bench-geoip: $(BUILD)/tests/bench/geoip_bench ## what a place costs a record; BENCH_ARGS="CITY.mmdb ASN.mmdb"
	$(Q)$< $(BENCH_ARGS)
bench-agent: $(BUILD)/tests/bench/agent_bench ## what a user agent costs
	$(Q)$< $(BENCH_ARGS)
bench-replay: packages-run all venv ## what a replay costs, with a Kafka of its own; BENCH_ARGS="--records N"
	$(Q)$(VENV)/bin/python tests/bench/replay_bench.py $(BENCH_ARGS)
bench-process: all ## what rules, steps and redaction cost a line
	$(Q)tests/bench/process_bench.py

fuzz: packages-lint ## each fuzzer for FUZZ_SECONDS (60)
	$(Q)tests/fuzz/run.sh
lint: packages-lint ## format, clang-tidy, include directions, banned calls
	$(Q)tests/lint.sh
format: ## formats all sources
	$(Q)clang-format -i $(SOURCES)
report: ## the longest functions and files
	$(Q)tests/report.sh

unit-programs: $(UNIT_TESTS)
support-programs: $(patsubst %.c,$(BUILD)/%,$(wildcard tests/support/*.c)) embed
venv: $(VENV)/.installed
$(VENV)/.installed: tests/requirements.txt
	$(Q)python3 -m venv $(VENV) && $(VENV)/bin/pip install -q --disable-pip-version-check -r $<
	$(Q)touch $@

# What a goal needs of the distribution, in one go.
packages-build: ; $(Q)deploy/local/packages.sh build
packages-run: ; $(Q)deploy/local/packages.sh run
packages-demo: ; $(Q)deploy/local/packages.sh build run
packages-test: ; $(Q)deploy/local/packages.sh build run test
packages-lint: ; $(Q)deploy/local/packages.sh build lint

# The programs write their pages themselves, from their own tables.
man: $(addprefix $(BUILD)/man/,shipper.1 indexer.1 shipper.yaml.5 indexer.yaml.5 alpex-query.7)
$(BUILD)/man/%.1: $(BUILD)/bin/%
	$(Q)mkdir -p $(@D) && $< help --man > $@
$(BUILD)/man/%.yaml.5: $(BUILD)/bin/%
	$(Q)mkdir -p $(@D) && $< help config --man > $@
$(BUILD)/man/alpex-query.7: $(BUILD)/bin/indexer
	$(Q)mkdir -p $(@D) && $< help query --man > $@

install: all man embed ## programs, configurations, manual and completion below DESTDIR and PREFIX
	$(Q)install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/bin/shipper $(BUILD)/bin/indexer
	$(Q)install -D -m 640 -t $(DESTDIR)/etc/alpex configs/shipper.yaml configs/indexer.yaml
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/alpex/shipper shipper/plugin.h shipper/shipper.h
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib build/libshipper.a
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/pkgconfig build/alpex-shipper.pc
	$(Q)for section in 1 5 7; do \
	    install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$$section $(BUILD)/man/*.$$section || exit; done
	$(Q)for program in shipper indexer; do \
	    install -D -m 644 deploy/completion/alpex.bash \
	        $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program || exit; done
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions deploy/completion/_alpex

help: ## this list
	$(Q)sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

clean: ## removes what was built, keeps the stack's data
	$(Q)rm -rf build/release build/debug build/asan build/tsan build/shipper build/indexer

.SECONDEXPANSION:
$(BUILD)/lib%.a: $$(call objects,%)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/bin/%: $(BUILD)/%/main.o $(BUILD)/lib%.a $(BUILD)/libcommon.a
	@echo "  LD $@"
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS)
# A unit test links the library of the folder that it mirrors, and common.
TSAN_THREADS := $(if $(filter tsan,$(VARIANT)),$(BUILD)/tests/unit/tsan_threads.o)
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(TSAN_THREADS) $$(BUILD)/lib$$(firstword $$(subst /, ,%)).a $(BUILD)/libcommon.a
	@echo "  LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS) -lcmocka
# Parser plugins: the example, and one that behaves badly.
PLUGINS := $(patsubst %.c,$(BUILD)/%.so,$(wildcard deploy/plugin-example/*.c tests/plugins/*.c))
$(BUILD)/%.so: %.c shipper/plugin.h
	@echo "  CC $@"
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<
$(BUILD)/tests/unit/shipper/parser/test_plugin.o: ALL_CFLAGS += -DPLUGINS='"$(BUILD)"'
$(BUILD)/tests/unit/shipper/parser/test_plugin: | $(PLUGINS)
# What Python tests ask questions of, and benchmarks.
$(BUILD)/tests/support/%: $(BUILD)/tests/support/%.o $(BUILD)/libcommon.a
	@echo "  LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS)
BENCH_INDEXER := redis_marks geoip_bench threat_bench agent_bench enrich_bench
$(BENCH_INDEXER:%=$(BUILD)/tests/bench/%): $(BUILD)/libindexer.a
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libcommon.a
	@echo "  LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter-out %common.a %.o,$^) $(BUILD)/libcommon.a $(DEPS_LIBS)
# Where most of a line's time goes: -O3 unrolls loops of a constant length; it is worth a twentieth.
HOT := common/record_encoder common/record_id shipper/parser/format shipper/parser/format_set shipper/parser/request
$(HOT:%=build/release/%.o): ALL_CFLAGS += -O3
$(BUILD)/%.o: %.c
	@echo "  CC $<"
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fPIE -c -o $@ $<

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all embed soak up down demo test unit integration e2e asan tsan fresh images bench bench-query bench-time bench-process bench-redis bench-geoip bench-agent bench-replay fuzz lint format report \
        unit-programs support-programs venv packages-build packages-run packages-demo packages-test packages-lint man install \
        help clean
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
# Written only when it changes, so that only version.c is compiled again.
$(BUILD)/version: FORCE
	$(Q)mkdir -p $(@D) && echo '$(VERSION) $(DATE)' | cmp -s - $@ || echo '$(VERSION) $(DATE)' > $@
$(BUILD)/common/version.o: $(BUILD)/version
$(BUILD)/common/version.o: ALL_CFLAGS += -DALPEX_VERSION='"$(VERSION)"' -DALPEX_DATE='"$(DATE)"'
FORCE:
# Texts that are embedded.
$(BUILD)/shipper/config.o: configs/shipper.yaml
$(BUILD)/shipper/grok/library.o: $(wildcard configs/grok/*.grok)
$(BUILD)/indexer/config.o: configs/indexer.yaml
$(BUILD)/indexer/enrich/threat/builtin.o: $(wildcard configs/threats/*.yaml)
$(BUILD)/indexer/enrich/bot_list.o: configs/bots.yaml
$(BUILD)/shipper/main.o: deploy/man/shipper.md
$(BUILD)/indexer/main.o: deploy/man/indexer.md
$(BUILD)/common/manual.o: deploy/man/alpex-query.md
