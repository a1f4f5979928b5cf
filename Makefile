# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
#
# One makefile for everything; `make help` lists the targets. Sources are found by their place:
#   src/**/*.cc (but src/cli/main.cc)  -> one static library;  src/cli/main.cc + library -> nuncio
#   test/unit/**/*.cc + library        -> unit;                test/bench/*.cc + library -> bench
#   test/fuzz/NAME_fuzz.cc + library   -> fuzz/NAME (clang), with its corpus in test/fuzz/corpus/NAME
#   man/PAGE and man/PAGE.in           -> $(BUILD)/man/PAGE; the latter through the schema table (mk/mapping_manual.cc)
# Nothing is written outside $(BUILD). Every flavour (compiler, sanitizer) keeps its objects in a directory of its own below it; the
# default flavour's program is $(BUILD)/nuncio, another's is $(BUILD)/FLAVOUR/nuncio.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

VERSION := 0.1.0

ifeq ($(origin CXX),default)
CXX := g++
endif
ifeq ($(origin AR),default)
AR := ar
endif
BUILD ?= build
PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
DESTDIR ?=
SAN ?=
WERROR ?=
CXXFLAGS ?=
LDFLAGS ?=

# all processors, unless the caller says how many
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

# ---- flavour -----------------------------------------------------------------------------------------------------------------------

comma := ,
empty :=
space := $(empty) $(empty)
compiler := $(notdir $(firstword $(CXX)))
is_clang := $(findstring clang,$(compiler))
flavour := $(subst $(space),-,$(strip $(compiler) $(subst $(comma), ,$(SAN))))
objects := $(BUILD)/$(flavour)
program := $(if $(filter g++,$(flavour)),$(BUILD)/nuncio,$(objects)/nuncio)

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
# False alarms. clang 19: std::stable_sort of libstdc++ 12 uses what it deprecates itself. g++ 12: inside std::string (GCC PR105651), and
# where a std::expected is copied into a std::optional.
warnings += $(if $(is_clang),-Wno-deprecated-declarations,-Wno-restrict -Wno-maybe-uninitialized)

cppflags := -Isrc -Iinclude -DNUNCIO_VERSION='"$(VERSION)"' -DSPDLOG_COMPILED_LIB -DSPDLOG_SHARED_LIB -DSPDLOG_FMT_EXTERNAL
# a sanitizer's report needs lines, not variables: a fifth of the time that it takes to build
cxxflags := -std=c++23 $(if $(SAN),-g1,-g) -pthread $(warnings)
ldflags := -pthread -Wl,--as-needed
libraries := -levent_core -lyaml -lcares -lspdlog -lfmt -lcrypto

ifeq ($(SAN),)
cxxflags += -O2
else
# SAN=fuzzer,...: only the fuzz targets bring a main of the fuzzer's
sanitizers := $(patsubst fuzzer%,fuzzer-no-link%,$(SAN))
cppflags += -D_GLIBCXX_ASSERTIONS
cxxflags += -O1 -fno-omit-frame-pointer -fsanitize=$(sanitizers) $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=all)
endif

compile = $(CXX) $(cppflags) $(cxxflags) $(CXXFLAGS)
werror := $(if $(filter-out 0,$(WERROR)),-Werror)

# ---- what is built from what ---------------------------------------------------------------------------------------------------------

find_sources = $(sort $(shell find $(1) -name '*.cc' 2>/dev/null))
main_source := src/cli/main.cc
library_sources := $(filter-out $(main_source),$(call find_sources,src))
unit_sources := $(call find_sources,test/unit)
bench_sources := $(call find_sources,test/bench)
fuzz_sources := $(sort $(wildcard test/fuzz/*_fuzz.cc))

object_of = $(patsubst %.cc,$(objects)/%.o,$(1))
library := $(objects)/libnuncio.a
unit := $(objects)/unit
bench := $(objects)/bench
fuzzers := $(patsubst test/fuzz/%_fuzz.cc,$(objects)/fuzz/%,$(fuzz_sources))
manual_source := mk/mapping_manual.cc
manual_tool := $(objects)/mapping-manual
pages := $(patsubst man/%,$(BUILD)/man/%,$(wildcard man/*.[58]) $(patsubst %.in,%,$(wildcard man/*.[58].in)))
all_sources := $(main_source) $(library_sources) $(unit_sources) $(bench_sources) $(fuzz_sources) $(manual_source)
all_objects := $(call object_of,$(all_sources))

.PHONY: all
all: $(program)

$(program): $(call object_of,$(main_source)) $(library)
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CXX) $(cxxflags) $(CXXFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(libraries)

# rebuilt from nothing, so that no object of a deleted source stays in it
$(library): $(call object_of,$(library_sources)) $(objects)/library.list
	$(say) archive $@
	$(quiet)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(unit): $(call object_of,$(unit_sources)) $(library)
	$(say) link $@
	$(quiet)$(CXX) $(cxxflags) $(CXXFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(libraries)

$(bench): $(call object_of,$(bench_sources)) $(library)
	$(say) link $@
	$(quiet)$(CXX) $(cxxflags) $(CXXFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(libraries) -lbenchmark_main -lbenchmark

$(fuzzers): $(objects)/fuzz/%: $(objects)/test/fuzz/%_fuzz.o $(library)
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CXX) $(cxxflags) $(CXXFLAGS) $(ldflags) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(libraries)

$(manual_tool): $(call object_of,$(manual_source)) $(library)
	$(say) link $@
	$(quiet)$(CXX) $(cxxflags) $(CXXFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(libraries)

.PHONY: man
man: $(pages)
$(BUILD)/man/%: man/%
	@mkdir -p $(@D)
	$(quiet)cp $< $@
$(BUILD)/man/%: man/%.in $(manual_tool)
	@mkdir -p $(@D)
	$(quiet)$(manual_tool) $< >$@

$(objects)/%.o: %.cc $(objects)/flags
	@mkdir -p $(@D)
	$(say) compile $<
	$(quiet)$(compile) $(werror) $(if $(filter test/%,$<),-Itest) -MMD -MP -c -o $@ $<

# `make V=1` shows the commands
V ?=
quiet := $(if $(filter-out 0,$(V)),,@)
say = @echo "  "

# Files that change only when their content does: other flags, or another set of sources, make what depends on them anew.
$(shell mkdir -p $(objects))
ifneq ($(file <$(objects)/flags),$(compile))
$(file >$(objects)/flags,$(compile))
endif
ifneq ($(file <$(objects)/library.list),$(library_sources))
$(file >$(objects)/library.list,$(library_sources))
endif
$(objects)/flags $(objects)/library.list: ;

-include $(all_objects:.o=.d)

# ---- packages ------------------------------------------------------------------------------------------------------------------------

.PHONY: deps deps-check deps-run
deps:
	@mk/deps build
deps-check:
	@mk/deps build check
deps-run:
	@mk/deps build run

# ---- running and testing -------------------------------------------------------------------------------------------------------------

PORT ?= 8080
ADMIN_PORT ?= 8877
ECHO_PORT ?= 9000

.PHONY: run
run: deps-run
	@+$(MAKE) --no-print-directory all
	@mk/quickstart $(program) $(PORT) $(ADMIN_PORT) $(ECHO_PORT)

.PHONY: check
check: deps-check
	@$(PYTHON) test/run --build $(BUILD)

.PHONY: unit
unit: $(unit)

# arguments for the benchmark program, such as BENCH='--benchmark_filter=router'
BENCH ?=
.PHONY: bench bench-build
bench-build: $(bench)
bench: $(bench)
	$(bench) $(BENCH)

.PHONY: lint
lint:
	@$(PYTHON) test/lint/run

# `make fuzz` searches SECONDS for each target; what it finds stays in $(BUILD)/fuzz-found
SECONDS ?= 60
.PHONY: fuzz fuzzers
fuzz: deps-check
	@$(PYTHON) test/run --build $(BUILD) --fuzz-seconds $(SECONDS) fuzz
fuzzers: $(fuzzers)

.PHONY: format
format:
	clang-format -i $(shell find src include test -name '*.cc' -o -name '*.h')

# ---- installing ----------------------------------------------------------------------------------------------------------------------

sbindir := $(DESTDIR)$(PREFIX)/sbin
mandir := $(DESTDIR)$(PREFIX)/share/man
exampledir := $(DESTDIR)$(PREFIX)/share/doc/nuncio/examples

.PHONY: install
install: $(program) $(pages)
	install -d $(sbindir) $(mandir)/man5 $(mandir)/man8
	install -m 755 $(program) $(sbindir)/nuncio
	set -e; for page in $(pages); do install -m 644 $$page $(mandir)/man$${page##*.}/; done
	set -e; cd conf; for file in $$(find . -type f); do install -D -m 644 $$file $(exampledir)/$$file; done

.PHONY: clean
clean:
	rm -rf $(BUILD) compile_commands.json

# ---- for editors and people ----------------------------------------------------------------------------------------------------------

json = $(subst ",\",$(subst \,\\,$(1)))
database_entry = {"directory": "$(CURDIR)", "file": "$(1)", "command": "$(call json,$(compile) -Itest -c $(1))"}

.PHONY: compile_commands.json
compile_commands.json:
	$(file >$@,[)
	$(foreach source,$(all_sources),$(file >>$@,$(call database_entry,$(source))$(if $(filter $(source),$(lastword $(all_sources))),,$(comma))))
	$(file >>$@,])
	@echo "wrote $@"

define help_text
make               the program: $(program)
make deps          install what a build needs (Debian; as root or through sudo)
make deps-check    the same, and what `make check` needs
make run           install, build, and try it: nuncio on 127.0.0.1:$(PORT) with conf/quickstart
                   PORT=8080 ADMIN_PORT=8877 ECHO_PORT=9000 choose other ports
make check         lint, unit, end to end, both again under sanitizers, fuzz smoke; last line: N passed, N failed
make unit          build the unit tests: $(unit)
make man           the manual pages: $(pages)
make bench         Google Benchmark over parser, router, loader, publishing; BENCH='--benchmark_filter=...'
make lint          the project's own rules (test/lint)
make fuzz          SECONDS=60 for each target of test/fuzz (clang 19)
make install       PREFIX=/usr/local DESTDIR=
make format        clang-format over the tree
make clean         remove $(BUILD)
make compile_commands.json

Variables: CXX=clang++-19   SAN=address,undefined   SAN=thread   WERROR=1   BUILD=dir   V=1   CXXFLAGS=  LDFLAGS=
endef
.PHONY: help
help:
	@: $(info $(help_text))
