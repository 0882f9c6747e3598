#!/usr/bin/env bash
# What `openssl s_client` says of the three endings of peer.py, which must run: one line each, then its exit status.
set -u
for ending in goodbye:7443 truncation:7444 reset:7445; do
  said=$( (printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1) |
    openssl s_client -connect "127.0.0.1:${ending#*:}" -quiet 2>&1 >/dev/null)
  status=$?
  # The certificate is peer.py's own, and nobody has signed it.
  said=$(grep -v -e '^depth=' -e '^verify ' -e "^Can't use SSL_get_servername" <<<"$said" | grep -o -e 'unexpected eof while reading' -e '^read:errno=.*')
  echo "${ending%:*}: ${said:-the end} (exit $status)"
done
