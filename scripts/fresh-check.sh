#!/bin/bash
# fresh-check.sh: proves in a bare Debian 12 (debootstrap; nothing but git and make) that `make test` and `make run`
# work as root without a question, that a stopped demo leaves no process behind, and that both work again without root.
# Tests the committed HEAD. The base system and downloaded packages are kept below build/fresh/.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
cache=$repository/build/fresh
root=$cache/root
tree=/srv/inferway  # where the clone lies inside
user=newcomer
# shellcheck source=scripts/debian-root.sh
source scripts/debian-root.sh
data=http://127.0.0.1:8080 admin=http://127.0.0.1:9901

[[ $(id -u) == 0 ]] || { echo "fresh-check: needs root (debootstrap, chroot)" >&2; exit 1; }

say() { printf '\n== fresh-check: %s (%d s)\n' "$*" "$SECONDS"; }
fail() { echo "fresh-check: FAILED: $*" >&2; exit 1; }

clean_up() {
  local status=$? pid
  set +e
  for pid in $(pids_inside); do kill -KILL "$pid" 2>/dev/null; done
  unmount_system
  remove_root
  exit "$status"
}

run_as() {  # USER COMMAND, in the clone
  local id=0 home=/root
  [[ $1 == root ]] || { id=1000 home=/home/$1; }
  inside "$id:$id" "$1" "$home" "cd $tree 2>/dev/null || cd /; $2"
}

answers() {  # PID PATH-OR-URL...: the status of a GET inside that process's network
  nsenter --net --target "$1" curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' \
    "${@:2}"
}

# Starts `make run` in a network of its own (only lo: nothing is fetched any more, and the host's ports are not in the
# way), asks it, stops it with SIGTERM, and looks for what is left.
check_run() {  # USER
  local log=$cache/run-$1.log make_pid tenth chat='{"model":"demo-chat","messages":[{"role":"user","content":"Hello"}]}'
  : >"$log"  # what an earlier run said is not waited for
  unshare --net -- "$BASH" -c 'ip link set lo up && "$@"' - "$repository/scripts/fresh-check.sh" --run-as "$1" 'exec make run' >"$log" 2>&1 &
  local outer=$!
  for ((tenth = 0; tenth < 3000; ++tenth)); do
    grep -q 'Ctrl-C ends it' "$log" && break
    kill -0 $outer 2>/dev/null || { cat "$log"; fail "make run ($1) ended by itself"; }
    sleep 0.1
  done
  make_pid=$(for pid in $(pids_inside); do [[ $(cat "/proc/$pid/comm") != make ]] || echo "$pid"; done | head -1)
  [[ -n $make_pid ]] || { cat "$log"; fail "make run ($1) did not come up"; }

  [[ $(answers "$make_pid" $admin/ready) == 200 ]] || fail "/ready"
  [[ $(answers "$make_pid" $admin/metrics) == 200 ]] || fail "/metrics"
  [[ $(answers "$make_pid" $data/v1/models) == 200 ]] || fail "/v1/models"
  [[ $(answers "$make_pid" -H 'Content-Type: application/json' -d "$chat" $data/v1/chat/completions) == 200 ]] ||
    fail "chat"

  kill -TERM "$make_pid"
  wait $outer || true
  # shellcheck disable=SC2046  # one word a process
  [[ -z $(pids_inside) ]] || { ps -f $(pids_inside) || true; fail "make run ($1) left processes behind"; }
  sed 's/^/  | /' "$log"
}

if [[ ${1:-} == --run-as ]]; then run_as "$2" "$3"; fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock --nonblock 9 || { echo "fresh-check: already running" >&2; exit 1; }
trap clean_up EXIT
trap 'exit 143' TERM INT HUP
[[ ! -e $root ]] || rm -rf --one-file-system "$root"
say "a bare Debian 12"
unpack_base --include=git,make
share_network_settings
mount_system
git clone --quiet --no-hardlinks "file://$repository" "$root$tree"

say "make test, as root"
(run_as root 'make test') || fail "make test"
say "make run, as root"
check_run root
say "make run, a second time"
check_run root

chroot "$root" useradd --uid 1000 --create-home $user
chown -R 1000:1000 "$root$tree"
say "make test, without root"
(run_as $user 'make test') || fail "make test without root"
say "make run, without root"
check_run $user
say "passed"
