#!/bin/sh
# format.sh [--check]: formats every C++ file git knows, or says which ones are not formatted.
set -eu
cd "$(dirname "$0")/.."

mode='-i'
[ "${1:-}" != --check ] || mode='--dry-run --Werror'
# shellcheck disable=SC2086  # the mode is several words
git ls-files -z --cached --others --exclude-standard '*.cpp' '*.hpp' | xargs -0 -r -n 16 -P "$(nproc)" clang-format-19 $mode
