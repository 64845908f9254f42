#!/bin/bash
# lint.sh BUILD_DIR [BASE] [ALL]: the formatting of every file; clang-tidy on the .cpp files that changed since BASE
# (all of them when ALL is set). A changed header is looked at through the .cpp file of its name: clang-tidy takes
# seconds for each file, ten and more for a coroutine.
set -euo pipefail
cd "$(dirname "$0")/.."
build_dir=$1 base=${2:-} all=${3:-}

scripts/format.sh --check

# On main itself there is no branch point: then the last commits are what is new.
default_base() {
  local point
  point=$(git merge-base HEAD origin/main 2>/dev/null || true)
  if [[ -n $point && $point != $(git rev-parse HEAD) ]]; then
    echo "$point"
  elif git rev-parse --quiet --verify HEAD~20 >/dev/null; then
    git rev-parse HEAD~20
  else
    git hash-object -t tree /dev/null  # everything is new
  fi
}

changed_files() {
  if [[ -n $all ]]; then
    git ls-files
  else
    git diff --name-only --diff-filter=d "${base:-$(default_base)}"
    git ls-files --others --exclude-standard
  fi
}

sources_to_check() {
  changed_files | while read -r file; do
    case $file in
      *.cpp) echo "$file" ;;
      include/inferway/*.hpp) file=${file#include/inferway/} && echo "src/${file%.hpp}.cpp" ;;
      *.hpp) echo "${file%.hpp}.cpp" ;;
    esac
  done | sort -u
}

# Only what the build compiles: clang-tidy needs its flags.
compiled=$(sed -n 's/^  "file": "\(.*\)",\{0,1\}$/\1/p' "$build_dir/compile_commands.json" | sort)
mapfile -t files < <(comm -12 <(sources_to_check | sed "s|^|$PWD/|" | sort) <(echo "$compiled"))

echo "lint: clang-tidy on ${#files[@]} files"
((${#files[@]})) || exit 0
# The precompiled header flag is the compiler's business.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 --quiet -p "$build_dir" 2> >(grep -v ' warnings generated' >&2)
