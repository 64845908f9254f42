#!/bin/sh
# deps.sh GROUP...: installs what packages.txt lists for these groups and is not there yet. Asks for nothing, touches
# nothing when nothing is missing; only then root is needed.
set -eu

list="$(dirname "$0")/packages.txt"

is_there() {  # PACKAGE COMMAND
  if [ -n "$2" ] && command -v "$2" >/dev/null 2>&1; then return 0; fi
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for group in "$@"; do
  grep -q "^$group " "$list" || { echo "deps: no group '$group' in $list" >&2; exit 2; }
  while read -r listed package command; do
    [ "$listed" = "$group" ] || continue
    is_there "$package" "$command" || missing="$missing $package"
  done < "$list"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "deps: these packages are missing:$missing" >&2
  echo "deps: as root, run: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

install() {
  # shellcheck disable=SC2086  # one word a package
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install --yes --quiet --no-install-recommends $missing </dev/null
}

echo "deps: installing$missing"
# The package lists are fetched only when those at hand do not do: none yet, or older than the mirror.
install || { apt-get update --quiet && install; }
