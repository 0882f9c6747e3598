#!/usr/bin/env bash
# What a program says of the endings of peer.py, which must run: texts.sh chromium|git-http|git|npm|wget|ssh
set -u
export LC_ALL=C GIT_TERMINAL_PROMPT=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Each line that the command prints, behind the ending's name.
tell() {
  ending=$1
  shift
  timeout 50 "$@" 2>&1 | tr '\r' '\n' | sed "s/^/$ending: /"
}

# The error that a browser names; and, of an answer that it shows in part, what its log of the network has.
browse() {
  timeout 50 "${CHROME:-chromium}" --headless --no-sandbox --disable-gpu --ignore-certificate-errors \
    --user-data-dir="$folder/profile" --no-first-run --disable-background-networking --virtual-time-budget=3000 "${@:3}" --dump-dom "$2" 2>&1 |
    grep -o 'ERR_[A-Z_]*' | sort -u | sed "s/^/$1: /"
}
browse_and_log() {
  browse "$1" "$2" --log-net-log="$folder/log"
  for number in $(grep -o '"net_error":-[0-9]*' "$folder/log" | sort -u | cut -d: -f2); do
    grep -o "\"ERR_[A-Z_]*\":$number[,}]" "$folder/log" | head -1 | sed "s/\"\(.*\)\".*/$1: \1/"
  done
}

case $1 in
chromium)
  browse FIN http://127.0.0.1:7460/
  browse FIN https://127.0.0.1:7460/
  browse reset http://127.0.0.1:7461/
  browse_and_log short http://127.0.0.1:7462/file
  browse nobody http://127.0.0.1:7464/
  ;;
git-http)
  for ending in FIN:7460 reset:7461 short:7462; do
    tell "${ending%:*}" git clone "http://127.0.0.1:${ending#*:}/repository" "$folder/${ending%:*}"
  done
  ;;
git)
  for ending in FIN:7460 reset:7461 short:7463; do
    tell "${ending%:*}" git clone "git://127.0.0.1:${ending#*:}/repository" "$folder/${ending%:*}"
  done
  ;;
npm)
  for ending in FIN:7460 reset:7461 short:7462; do
    tell "${ending%:*}" npm view left-pad --registry "http://127.0.0.1:${ending#*:}" --fetch-retries=0 --cache "$folder"
  done
  ;;
wget)
  for ending in FIN:7460 reset:7461 short:7462; do
    tell "${ending%:*}" wget --tries=1 --no-proxy --output-document=/dev/null "http://127.0.0.1:${ending#*:}/file"
  done
  ;;
ssh)
  for ending in FIN:7460 reset:7461; do
    tell "${ending%:*}" ssh -F none -o BatchMode=yes -p "${ending#*:}" nobody@127.0.0.1 true
  done
  ;;
esac
