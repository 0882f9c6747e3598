#!/bin/sh
# Prints what each language says when a connection ends. A language that is not installed is named, not skipped silently.
cd "$(dirname "$0")" || exit 1
build=$(mktemp -d)
python3 peer.py & peer=$!
trap 'kill "$peer"; rm -r "$build"' EXIT
sleep 1

missing=
run() {
    language=$1 needs=$2 command=$3
    if command -v "$needs" >/dev/null; then
        printf '\n== %s\n' "$language"
        sh -c "$command" || exit 1
    else
        missing="$missing $language"
    fi
}
run C cc "cc -Wall -o $build/c c/texts.c && $build/c"
run Go go 'go run go/texts.go'
run Java java 'java java/Texts.java'
run Node node 'node node/texts.js'
run PHP php 'php php/texts.php'
run Python python3 'python3 python/texts.py'
run Ruby ruby 'ruby ruby/texts.rb'
run Rust rustc "rustc --edition 2024 -o $build/rust rust/texts.rs && $build/rust"
if [ -n "$missing" ]; then
    printf '\nNot installed, not run:%s\n' "$missing" >&2
    exit 1
fi
