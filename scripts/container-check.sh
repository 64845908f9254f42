#!/bin/bash
# container-check.sh: proves without a container engine that docker/Dockerfile builds an image that works. Its own steps
# (scripts/dockerfile.py reads them) are carried out in two bare Debian 12 directories (debootstrap); then the image's
# commands run there as a container runtime would run them: first process of a PID namespace of its own, the image's
# user, no capabilities, no new privileges, the root file system mounted read-only, a network of its own with lo alone.
# Tests the committed HEAD. Base system and downloaded packages are kept below build/container/.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
cache=$repository/build/container
builder=$cache/builder runtime=$cache/runtime seen=$cache/seen context=$cache/context
root=$builder
image_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
data=http://127.0.0.1:8080
mock_command=(mock --listen 0.0.0.0:8000 --model demo-chat)  # as in docker/compose.yaml
mock_health=(inferway health --address 127.0.0.1:8000)
chat='{"model":"demo-chat","messages":[{"role":"user","content":"Hello"}]'
# shellcheck source=scripts/debian-root.sh
source scripts/debian-root.sh

[[ $(id -u) == 0 ]] || { echo "container-check: needs root (debootstrap, chroot, namespaces)" >&2; exit 1; }

say() { printf '\n== container-check: %s (%d s)\n' "$*" "$SECONDS"; }
fail() { echo "container-check: FAILED: $*" >&2; exit 1; }
step() { scripts/dockerfile.py docker/Dockerfile 1 | awk -F '\t' -v name="$1" '$1 == name { print $2 }'; }

clean_up() {
  local status=$? pid
  set +e
  for root in "$builder" "$runtime"; do
    for pid in $(pids_inside); do kill -KILL "$pid" 2>/dev/null; done
    unmount_system
    remove_root
  done
  rm -rf "$context" "$seen"
  exit "$status"
}

# What makes debian:12-slim of a base system: neither documents nor translations, now or from packages to come.
slim() {
  local excluded=(doc man info locale lintian groff linda)
  rm -rf "${excluded[@]/#/$root/usr/share/}" "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/log/*
  printf 'path-exclude /usr/share/%s/*\n' "${excluded[@]}" > "$root/etc/dpkg/dpkg.cfg.d/slim"
}

bytes() { du --one-file-system --apparent-size --summarize --block-size=1 "$1" | cut -f 1; }
mebibytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f MiB", bytes / 1048576 }'; }

copy() {  # WORKDIR ORIGIN DESTINATION SOURCE...
  local from=$context target=$3 source
  [[ $2 == - ]] || from=$builder
  [[ $target == /* ]] || target=$1/$target
  for source in "${@:4}"; do
    if [[ -d $from/$source ]]; then
      cp -aT --no-preserve=ownership "$from/$source" "$root$target"
    elif [[ $3 == */ ]]; then
      install -D --preserve-timestamps --mode="$(stat -c %a "$from/$source")" -t "$root$target" "$from/$source"
    else
      install -D --mode=644 "$from/$source" "$root$target"
    fi
  done
}

build_stage() {  # NUMBER
  local workdir=/ name first rest
  while IFS=$'\t' read -r name first rest <&3; do
    case $name in
      WORKDIR) workdir=$first && mkdir -p "$root$workdir" ;;
      RUN)
        echo "+ $first"
        (inside 0:0 root /root "cd $workdir && $first") || fail "RUN $first"
        ;;
      COPY) IFS=$'\t' read -r -a words <<< "$rest" && copy "$workdir" "$first" "${words[@]}" ;;
    esac
  done 3< <(scripts/dockerfile.py docker/Dockerfile "$1")
}

# Becomes the first process of a container: the image's root, read-only, with a configuration mounted into it.
become() {  # CONFIGURATION-OR-EMPTY WORD...
  local user
  user=$(step USER)
  mount --bind "$runtime" "$seen"
  mount --bind "$cache/hosts" "$seen/etc/hosts"
  [[ -z $1 ]] || mount --bind "$1" "$seen/etc/inferway/inferway.yaml"
  mount -o remount,bind,ro "$seen"
  mount -t proc proc "$seen/proc"
  mount_devices "$seen/dev"
  exec env -i PATH=$image_path chroot "$seen" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups \
    --inh-caps=-all --bounding-set=-all --no-new-privs -- "${@:2}"
}

# Starts one; its first process' id is then in $pid, the id to wait for in $waited.
start() {  # NAME CONFIGURATION-OR-EMPTY WORD...
  unshare --mount --pid --ipc --uts --fork --kill-child -- "$repository/scripts/container-check.sh" --become "${@:2}" \
    > "$cache/$1.out" 2> "$cache/$1.err" &
  waited=$!
  for ((tenth = 0; tenth < 100; ++tenth)); do
    pid=$(pgrep --parent $waited || true)
    [[ -z $pid || $(cat "/proc/$pid/comm" 2>/dev/null) != inferway ]] || return 0
    sleep 0.1
  done
  cat "$cache/$1.err"
  fail "$1 did not start"
}

execute() {  # PID WORD...: as `docker exec` would
  local user
  user=$(step USER)
  env -i PATH=$image_path nsenter --target "$1" --mount --pid --root --wd -- \
    setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    -- "${@:2}"
}

become_healthy() {  # NAME PID WORD...
  for ((tenth = 0; tenth < 100; ++tenth)); do
    execute "${@:2}" > "$cache/health" 2>&1 && { echo "$1: $(cat "$cache/health")" && return; }
    sleep 0.1
  done
  cat "$cache/$1.err" "$cache/health"
  fail "$1 did not become healthy"
}

end() {  # NAME PID WAITED
  kill -TERM "$2"
  local status=0
  wait "$3" || status=$?
  ((status == 0)) || { cat "$cache/$1.err"; fail "$1 ended with $status on SIGTERM"; }
  echo "$1: ended with 0 on SIGTERM"
}

confinement() {  # PID
  local user expected found
  user=$(step USER)
  expected="Uid ${user%:*} CapEff 0000000000000000 NoNewPrivs 1"
  found=$(awk '/^(Uid|CapEff|NoNewPrivs):/ { printf "%s%s %s", sep, substr($1, 1, length($1) - 1), $2; sep = " " }' "/proc/$1/status")
  [[ $found == "$expected" ]] || fail "it runs as: $found"
  ! execute "$1" sh -c ': > /tmp/written' 2>/dev/null || fail "the root file system can be written to"
}

answer() { curl --silent --show-error --max-time 10 "$@"; }

# In a network namespace of its own.
scene() {
  # shellcheck disable=SC2046  # one word a job
  trap 'kill -KILL $(jobs -p) 2>/dev/null || true' EXIT  # and with each its container (--kill-child)
  local gateway gateway_waited mock mock_waited image_words health_words
  read -r -a image_words <<< "$(step ENTRYPOINT) $(step CMD)"
  read -r -a health_words <<< "$(step HEALTHCHECK)"
  ip link set lo up
  mkdir -p "$seen"
  printf '127.0.0.1 localhost mock\n' > "$cache/hosts"

  say "the image alone, with its own configuration"
  start alone '' "${image_words[@]}"
  become_healthy alone "$pid" "${health_words[@]}"
  confinement "$pid"
  [[ $(answer --output /dev/null --write-out '%{http_code}' $data/v1/models) == 502 ]] || fail "no 502 without a backend"
  end alone "$pid" $waited
  grep -q '"status":502' "$cache/alone.out" || fail "no access log on stdout"

  say "gateway and mock, as compose.yaml starts them"
  start mock '' inferway "${mock_command[@]}"
  mock=$pid mock_waited=$waited
  become_healthy mock "$mock" "${mock_health[@]}"
  start gateway "$repository/docker/compose-inferway.yaml" "${image_words[@]}"
  gateway=$pid gateway_waited=$waited
  become_healthy gateway "$gateway" "${health_words[@]}"
  answer --fail $data/v1/chat/completions --data "$chat}" | grep -q '"chat.completion"' || fail "chat"
  answer --fail $data/v1/chat/completions --data "$chat,\"stream\":true}" | grep -q '^data: \[DONE\]' || fail "stream"
  echo "gateway: a chat and a stream came through"
  end gateway "$gateway" "$gateway_waited"
  ! execute "$mock" "${health_words[@]}" 2> "$cache/health" || fail "healthy although it has ended"
  echo "gateway: $(cat "$cache/health")"
  end mock "$mock" "$mock_waited"
}

case ${1:-} in
  --become) become "${@:2}" ;;
  --scene) scene && exit ;;
esac

mkdir -p "$cache"
exec 9>"$cache/lock"
flock --nonblock 9 || { echo "container-check: already running" >&2; exit 1; }
trap clean_up EXIT
trap 'exit 143' TERM INT HUP
for root in "$builder" "$runtime"; do remove_root; done
rm -rf "$context" && mkdir -p "$context"
mapfile -t given < <(scripts/dockerfile.py --context "$repository")
git archive HEAD -- "${given[@]}" | tar -x -C "$context"

root=$builder
say "the build stage"
unpack_base
slim
share_network_settings
mount_system
build_stage 0
unmount_system

root=$runtime
say "the image"
unpack_base
slim
share_network_settings
base=$(bytes "$root")
mount_system
build_stage 1
unmount_system
missing=$(chroot "$root" ldd /usr/local/bin/inferway | grep 'not found' || true)
[[ -z $missing ]] || fail "libraries that the image lacks: $missing"
whole=$(bytes "$root")
root=$builder && remove_root && root=$runtime

touch "$cache/stamp"
unshare --net -- "$repository/scripts/container-check.sh" --scene || fail "see above"
written=$(find "$root" -xdev -newer "$cache/stamp")
[[ -z $written ]] || fail "written to the image's root: $written"

say "passed"
printf '%-24s %s\n' "base system" "$(mebibytes "$base")" "added by the image" "$(mebibytes $((whole - base)))" \
  "of that the program" "$(mebibytes "$(stat -c %s "$root/usr/local/bin/inferway")")" "the image's root" "$(mebibytes "$whole")"
