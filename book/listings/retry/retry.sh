#!/usr/bin/env bash
# Whether curl repeats a request by itself whose connection ended without an answer: two requests, one connection.
url=http://127.0.0.1:7080/
for method in GET POST; do
  data=()
  [ "$method" = POST ] && data=(--data x)
  said=$(curl -sS "$url" -o /dev/null --next "${data[@]}" -sS "${url}lost-curl-$method-$$" 2>&1)
  [ "$said" = 2 ] && said="sent again"
  echo "curl $method: $said"
done
