#!/usr/bin/env bash
# What curl says of the five endings of peer.py, which must run.
set -u
for ending in "answer, GOAWAY:7450" "GOAWAY, last stream 0:7451" "FIN:7452" "reset:7453" "GOAWAY, then reset:7454"; do
  said=$(curl --silent --show-error --http2-prior-knowledge --output /dev/null "http://127.0.0.1:${ending##*:}/" 2>&1)
  echo "${ending%:*}: exit $? ${said#curl: }"
done
