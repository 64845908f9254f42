#!/bin/sh
# over-tls.sh COMMAND...: runs it with a certificate for 127.0.0.1 that gateways show and Node trusts, made on the spot.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$directory/key.pem" -out "$directory/cert.pem" 2>/dev/null
INFERWAY_CLIENTS_TLS=$directory NODE_EXTRA_CA_CERTS=$directory/cert.pem "$@"
