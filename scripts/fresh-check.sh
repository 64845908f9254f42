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
data=http://127.0.0.1:8080 admin=http://127.0.0.1:9901

[[ $(id -u) == 0 ]] || { echo "fresh-check: needs root (debootstrap, chroot)" >&2; exit 1; }

say() { printf '\n== fresh-check: %s (%d s)\n' "$*" "$SECONDS"; }
fail() { echo "fresh-check: FAILED: $*" >&2; exit 1; }

# Processes whose root directory is the chroot.
pids_inside() {
  local link
  for link in /proc/[0-9]*/root; do
    [[ $(readlink "$link" 2>/dev/null) != "$root" ]] || basename "${link%/root}"
  done
}

clean_up() {
  local status=$? pid
  set +e
  for pid in $(pids_inside); do kill -KILL "$pid" 2>/dev/null; done
  for mount in dev/pts dev/shm dev proc sys var/cache/apt/archives; do
    mountpoint -q "$root/$mount" && umount "$root/$mount"
  done
  if grep -q " $root/" /proc/mounts; then
    echo "fresh-check: still mounted below $root; not removed" >&2
  else
    rm -rf --one-file-system "$root"
  fi
  exit "$status"
}

mirror() {  # the first Debian mirror that the host's own apt uses
  # shellcheck disable=SC2016  # apt expands these
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 2>/dev/null |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

unpack_base() {
  mkdir -p "$cache/archives/partial"
  if [[ ! -f $cache/base.tar ]]; then
    local from
    from=$(mirror)
    debootstrap --variant=minbase --include=git,make bookworm "$root" "${from:-http://deb.debian.org/debian}"
    tar --numeric-owner --one-file-system -C "$root" -cf "$cache/base.tar.part" .
    mv "$cache/base.tar.part" "$cache/base.tar"
  else
    mkdir -p "$root"
    tar --numeric-owner -C "$root" -xpf "$cache/base.tar"
  fi
}

# What the host needs to reach its mirror (sources, keys, proxies, resolver), the chroot needs, too.
share_network_settings() {
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/sources.list /etc/apt/trusted.gpg "$root/etc/apt/" 2>/dev/null || true
  local directory file
  for directory in sources.list.d auth.conf.d trusted.gpg.d keyrings; do
    [[ ! -d /etc/apt/$directory ]] || cp -aT "/etc/apt/$directory" "$root/etc/apt/$directory"
  done
  [[ ! -f /etc/apt/auth.conf ]] || cp -a /etc/apt/auth.conf "$root/etc/apt/"
  [[ ! -d /usr/share/keyrings ]] || cp -aT /usr/share/keyrings "$root/usr/share/keyrings"
  apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|AllowInsecure|ForceIPv)' \
    > "$root/etc/apt/apt.conf.d/00host" || true
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    [[ ! -f $file ]] || install -D -m 644 "$(readlink -f "$file")" "$root$file"
  done
}

mount_system() {
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  local node
  for node in null zero full random urandom tty; do cp -a "/dev/$node" "$root/dev/"; done
  ln -s /proc/self/fd "$root/dev/fd"
  mkdir "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  # Packages are downloaded once, not at every check.
  mkdir -p "$root/var/cache/apt/archives"
  mount --bind "$cache/archives" "$root/var/cache/apt/archives"
}

# A login with nothing of the host's environment but its proxies. Standard input is no terminal.
inside() {  # USER COMMAND
  local kept=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
  done
  local id=0 home=/root
  [[ $1 == root ]] || { id=1000 home=/home/$1; }
  exec env -i "${kept[@]}" HOME="$home" USER="$1" TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot --userspec="$id:$id" "$root" /bin/sh -c "cd $tree 2>/dev/null || cd /; $2" </dev/null 9>&-
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
  unshare --net -- "$BASH" -c 'ip link set lo up && "$@"' - "$repository/scripts/fresh-check.sh" --inside "$1" 'exec make run' >"$log" 2>&1 &
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

if [[ ${1:-} == --inside ]]; then inside "$2" "$3"; fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock --nonblock 9 || { echo "fresh-check: already running" >&2; exit 1; }
trap clean_up EXIT
trap 'exit 143' TERM INT HUP
[[ ! -e $root ]] || rm -rf --one-file-system "$root"
say "a bare Debian 12"
unpack_base
share_network_settings
mount_system
git clone --quiet --no-hardlinks "file://$repository" "$root$tree"

say "make test, as root"
(inside root 'make test') || fail "make test"
say "make run, as root"
check_run root
say "make run, a second time"
check_run root

chroot "$root" useradd --uid 1000 --create-home $user
chown -R 1000:1000 "$root$tree"
say "make test, without root"
(inside $user 'make test') || fail "make test without root"
say "make run, without root"
check_run $user
say "passed"
