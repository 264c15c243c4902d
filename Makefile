# ALPEX: one Makefile, no recursion. `make help` lists the goals.

VARIANT ?= release
BUILD := build/$(VARIANT)

CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g -fsanitize=thread

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla
WERROR   ?= -Werror

# Debian 12 ships no .pc for civetweb, so it is named by hand.
PACKAGES := rdkafka libcurl libcjson libcyaml yaml-0.1 libmaxminddb hiredis libxxhash zlib libzstd
DEPS_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
DEPS_LIBS   = $(shell pkg-config --libs $(PACKAGES)) -lcivetweb -lpthread -lm

ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -I. -MMD -MP -fstack-protector-strong $(WARNINGS) $(WERROR) \
              $(CFLAGS_$(VARIANT)) $(DEPS_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
Q := $(if $(V),,@)

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $1/*.c $1/*/*.c)))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c))
VENV := build/venv
PYTEST := $(VENV)/bin/python -m pytest

all: $(BUILD)/bin/shipper $(BUILD)/bin/indexer $(if $(filter release,$(VARIANT)),build/shipper build/indexer) ## both programs; VARIANT=release|debug|asan|tsan

build/shipper build/indexer: build/%: build/release/bin/%
	$(Q)ln -sf release/bin/$* $@

unit: $(UNIT_TESTS) ## unit tests only: no network, seconds
	$(Q)for t in $(UNIT_TESTS); do $$t || exit 1; done

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
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $$(BUILD)/lib$$(firstword $$(subst /, ,%)).a $(BUILD)/libcommon.a
	@echo "  LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS) -lcmocka
$(BUILD)/%.o: %.c
	@echo "  CC $<"
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -DALPEX_VERSION='"$(VERSION)"' -fPIE -c -o $@ $<

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all unit help clean
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
$(BUILD)/shipper/config.o: configs/shipper.yaml
$(BUILD)/indexer/config.o: configs/indexer.yaml
