#!/bin/bash
# run-demo.sh PROGRAM CONFIG: the gateway on CONFIG before two mock model servers, until it is interrupted. Nothing
# stays behind, however it ends: on a signal this script stops what it started; when it is killed itself, the kernel
# does (setpriv --pdeathsig).
set -uo pipefail
set -m  # each child in its own process group: Ctrl-C reaches this script alone, and it drains in order

program=$1 config=$2
data=127.0.0.1:8080 admin=127.0.0.1:9901 mocks=(127.0.0.1:18001 127.0.0.1:18002)
model=demo-chat others=(demo-embed demo-whisper)
grace_seconds=5  # for streams in flight; then the gateway is told to end at once

children=() gateway=

start() {  # COMMAND...
  setpriv --pdeathsig KILL -- "$@" </dev/null &
  children+=($!)
}

running() { kill -0 "$1" 2>/dev/null; }

stop() {
  trap '' INT TERM HUP
  if [[ -n $gateway ]]; then
    kill -TERM "$gateway" 2>/dev/null
    for ((tenth = 0; tenth < grace_seconds * 10; ++tenth)); do running "$gateway" && sleep 0.1; done
    kill -TERM "$gateway" 2>/dev/null
  fi
  for ((i = 0; i < ${#mocks[@]}; ++i)); do [[ -z ${children[i]:-} ]] || kill -TERM "${children[i]}" 2>/dev/null; done
  # Whoever has not gone two seconds later is not asked again.
  for ((tenth = 0; tenth < 20; ++tenth)); do [[ -z $(jobs -rp) ]] || sleep 0.1; done
  for child in "${children[@]}"; do kill -KILL "$child" 2>/dev/null; done
  wait
}

finish() {  # STATUS
  stop 2>/dev/null
  exit "$1"
}

status_of() {  # ADDRESS PATH: the HTTP status, without needing curl
  (
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}" || exit
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
    IFS=' ' read -r -t 2 _ status _ <&3 && echo "$status"
    while read -r -t 2 _ <&3; do :; done  # to its end: a reset would show in the log
  ) 2>/dev/null
}

await() {  # WHAT ADDRESS PATH CHILD
  for ((tenth = 0; tenth < 100; ++tenth)); do
    [[ $(status_of "$2" "$3") == 200 ]] && return
    running "$4" || break
    sleep 0.1
  done
  echo "run-demo: $1 does not answer on $2 (is the port taken?)" >&2
  finish 1
}

print_guide() {
  cat <<GUIDE

Inferway is up.
  data    http://$data
  admin   http://$admin   (/live, /ready, /metrics)
  models  $model ${others[*]}, from two mock servers: ${mocks[*]}
  config  $config

Try it from another terminal:
  # chat
  curl http://$data/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{"model":"$model","messages":[{"role":"user","content":"Hello"}]}'
  # streaming
  curl -N http://$data/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{"model":"$model","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
  # models
  curl http://$data/v1/models

Ctrl-C ends it.

GUIDE
}

trap 'finish 0' INT TERM HUP

mock_options=(--first-token 100ms --token-interval 40ms --tokens 40)  # slow enough to see a stream arrive
for name in "$model" "${others[@]}"; do mock_options+=(--model "$name"); done
for address in "${mocks[@]}"; do start "$program" mock --listen "$address" "${mock_options[@]}"; done
for i in "${!mocks[@]}"; do await "the mock model server" "${mocks[i]}" /v1/models "${children[i]}"; done
start "$program" serve --config "$config"
gateway=${children[-1]}
await "the gateway" "$admin" /ready "$gateway"
print_guide

# Any of them ending by itself ends the demo; its own message says why.
wait -n
finish 1
