# Thin over the CMake presets (CMakePresets.json): each target says what it needs, then calls cmake or a script.

JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
# Extra arguments for ctest: make test CTEST_ARGS='-R chunk'
CTEST_ARGS ?=
# Extra arguments for the benchmark suite: make bench BENCH_ARGS='--only chat sse-paced'
BENCH_ARGS ?=
# Extra arguments for the microbenchmarks: make bench-micro MICRO_ARGS=--benchmark_filter=route
MICRO_ARGS ?=
# How long each fuzz target runs, in seconds, and which ones (empty: all), one after the other: make fuzz FUZZ_TARGETS='chunks events'
FUZZ_SECONDS ?= 3600
FUZZ_TARGETS ?=
# Extra arguments for the fault report, the hostile cases and the soak: make soak SOAK_ARGS='--seconds 30'
FAULTS_ARGS ?=
HOSTILE_ARGS ?=
SOAK_ARGS ?=
# lint: files changed since this commit. Empty: since the branch left origin/main, or the last 20 commits on main itself.
LINT_BASE ?=
# lint: 1 checks every file.
LINT_ALL ?=

configure = cmake --preset $(1) --log-level=NOTICE
compile   = cmake --build --preset $(1) -j $(JOBS)
run_tests = ctest --preset $(1) -j $(JOBS) $(CTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help run test build deps format lint asan tsan fuzz fuzz-smoke fuzz-programs clean install uninstall sbom fresh-check container-check \
        clients faults hostile soak \
        profile bench bench-quick bench-programs bench-build bench-docs bench-micro bench-instructions bench-instructions-baseline bench-frames bench-deps \
        deps-build deps-lint deps-sanitize deps-bench deps-micro deps-instructions deps-faults deps-hostile deps-clients deps-fresh

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-27s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then a demo: the gateway before two mock model servers; Ctrl-C ends it
	@exec setpriv --pdeathsig TERM scripts/run-demo.sh build/release/inferway config/demo.yaml

build: deps-build ## the program: build/release/inferway
	$(call configure,release)
	$(call compile,release) --target inferway

test: deps-build ## build everything, run all tests
	$(call configure,release)
	$(call compile,release)
	$(call run_tests,release)

asan: deps-build deps-sanitize ## the tests under the address and undefined behaviour sanitizers
	$(call configure,asan)
	$(call compile,asan)
	$(call run_tests,asan)

tsan: deps-build deps-sanitize ## the tests that use threads under the thread sanitizer
	$(call configure,tsan)
	$(call compile,tsan)
	$(call run_tests,tsan)

fuzz: fuzz-programs ## fuzz each target for an hour (FUZZ_SECONDS, FUZZ_TARGETS): docs/fuzzing.md
	tests/fuzz/run.py --build build/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-smoke: fuzz-programs ## fuzz each target for 10 seconds
	tests/fuzz/run.py --build build/fuzz --seconds 10 --jobs $(JOBS) $(FUZZ_TARGETS)

fuzz-programs: deps-build deps-sanitize
	$(call configure,fuzz)
	$(call compile,fuzz)

clients: build deps-clients ## real client SDKs against the gateway and the mock
	cd tests/clients && npm ci --no-audit --no-fund && INFERWAY=$(CURDIR)/build/release/inferway \
	  sh -c 'npm test && npm run test:tls'

format: deps-lint ## format every C++ file
	scripts/format.sh

lint: deps-build deps-lint ## formatting of all files, clang-tidy on changed ones (LINT_BASE=commit, LINT_ALL=1)
	$(call configure,debug)
	scripts/lint.sh build/debug "$(LINT_BASE)" "$(LINT_ALL)"

bench: bench-programs ## all of the benchmark suite beside nginx and HAProxy: bench/results/latest.md and .json, in 25 minutes
	bench/run.py $(BENCH_ARGS)

bench-quick: bench-programs ## a part of it, in less than 3 minutes
	bench/run.py --quick $(BENCH_ARGS)

bench-programs: build deps-bench ## the load client and the model double of the suite
	$(call compile,release) --target bench_load bench_model

profile: deps-build deps-bench ## what the program does most, counted under the benchmarks' load: profile/inferway.profdata (commit it)
	scripts/profile.sh

bench-docs: ## the last run's table into README.md and docs/performance.md
	bench/run.py --docs

bench-build: deps-build ## how long a clean and an incremental build take, without ccache; the suite's table shows it
	bench/build_time.py

bench-micro: deps-build deps-micro ## microbenchmarks
	$(call configure,release) -DINFERWAY_BENCHES=ON
	$(call compile,release)
	@set -e; for bench in build/release/bench/*_bench; do $$bench $(MICRO_ARGS); done

bench-deps: deps-bench ## install what the benchmark suite needs: Debian's nginx and HAProxy

bench-instructions: build deps-instructions ## user-space instructions by callgrind, compared with the committed baseline
	PYTHONDONTWRITEBYTECODE=1 bench/instructions/instructions.py --inferway build/release/inferway --results bench/results/instructions.json

bench-instructions-baseline: build deps-instructions ## make today's instruction counts the baseline (commit it)
	PYTHONDONTWRITEBYTECODE=1 bench/instructions/instructions.py --inferway build/release/inferway --update

bench-frames: deps-build ## the coroutines of the data path by the size of their frames
	$(call configure,release)
	bench/frames.py --build build/release

faults: build deps-faults ## per fault: what became of each request, with HAProxy beside it
	PYTHONDONTWRITEBYTECODE=1 tests/faults/report.py --inferway build/release/inferway $(FAULTS_ARGS)

hostile: build deps-hostile ## hostile requests and answers by family: what Inferway, nginx and HAProxy do with them
	PYTHONDONTWRITEBYTECODE=1 tests/hostile/report.py --inferway build/release/inferway $(HOSTILE_ARGS)

soak: build ## ten minutes of random faults: the books balance, memory does not grow (SOAK_ARGS='--seconds 30')
	PYTHONDONTWRITEBYTECODE=1 tests/faults/soak.py --inferway build/release/inferway $(SOAK_ARGS)

fresh-check: deps-fresh ## prove `make test` and `make run` in a bare Debian 12 (root)
	scripts/fresh-check.sh

container-check: deps-fresh ## build and run docker/Dockerfile's image without a container engine (root)
	scripts/container-check.sh

install: build ## into $(DESTDIR)$(PREFIX): program, documents, systemd units, completion, manual pages
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" --strip
	cp build/release/install_manifest.txt build/release/installed_files.txt

uninstall: ## remove the files of the last `make install` (the same DESTDIR)
	sed 's|^|$(DESTDIR)|' build/release/installed_files.txt | xargs -d '\n' rm -f --

sbom: build ## what is inside the program, by Debian's packages, as SPDX: build/release/inferway.spdx.json
	scripts/sbom.py --build build/release --output build/release/inferway.spdx.json

clean: ## remove build/
	rm -rf build

deps: ## install every package that anything here needs (scripts/packages.txt)
	scripts/deps.sh build lint sanitize ci bench micro instructions faults hostile clients fresh

deps-build deps-lint deps-sanitize deps-bench deps-micro deps-instructions deps-faults deps-hostile deps-clients deps-fresh:
	@scripts/deps.sh $(@:deps-%=%)
