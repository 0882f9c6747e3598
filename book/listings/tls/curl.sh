#!/usr/bin/env bash
# What curl says of the three endings of peer.py, which must run.
set -u
body=$(mktemp)
for ending in goodbye:7443 truncation:7444 reset:7445; do
  said=$(curl --silent --show-error --insecure --http1.1 --output "$body" "https://127.0.0.1:${ending#*:}/" 2>&1)
  status=$?
  echo "${ending%:*}: exit $status ${said#curl: }"
  echo "${ending%:*}: body $(wc -c <"$body" | tr -d ' ')"
done
rm -f "$body"
