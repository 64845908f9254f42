#!/bin/bash
# bench-build.sh [SOURCE]: how long a build of the program takes from nothing, and again after a change of one file.
# In a clone of its own of what is committed, without ccache.
set -euo pipefail
cd "$(dirname "$0")/.."
changed=${1:-src/proxy/exchange.cpp}

clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet --shared . "$clone"
cd "$clone"
export CCACHE_DISABLE=1

timed() {  # NAME COMMAND...
  local name=$1 TIMEFORMAT='%R s (user %U s, system %S s)'
  shift
  printf '%-36s ' "$name"
  { time "$@" >build.log 2>&1; } 2>&1 || { cat build.log; exit 1; }
}

build() {
  cmake --preset release && cmake --build --preset release -j "$(nproc)" --target inferway
}

echo "build of $(git rev-parse --short HEAD) on $(nproc) processors"
timed "clean" build
# Code, not a comment: else the object is the same and the link takes all from its cache.
echo "int changed_by_bench_build(int value) { return value * 3; }" >>"$changed"
timed "after a change of $changed" build
