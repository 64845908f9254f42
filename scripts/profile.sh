#!/bin/bash
# profile.sh: counts what a build of the program does under the load of the benchmark suite, and writes
# profile/inferway.profdata, by which release builds are optimised (cmake/Flags.cmake). Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/profile
counts=$(mktemp -d)
trap 'rm -rf "$counts"' EXIT

cmake --preset release -B $build -DINFERWAY_PROFILE=generate -DINFERWAY_TESTS=OFF
cmake --build $build --target inferway bench_load bench_model
LLVM_PROFILE_FILE=$counts/%p.profraw bench/run.py --build $build --results "$counts" --rounds 1 --seconds 1 \
  --only chat sse-paced sse-unpaced json-first json-last upload download websocket overload bad-input
mkdir -p profile
# Sparse: without what was never run.
llvm-profdata-19 merge --sparse -o profile/inferway.profdata "$counts"/*.profraw
ls -l profile/inferway.profdata
