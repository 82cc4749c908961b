#!/usr/bin/env bash
# Runs all fuzzers, two at a time:
#
#     tests/fuzz/run.sh SECONDS BIN_DIR [NAME...]
#
# Each begins with the inputs in corpus/NAME and with those that earlier runs found, which are in
# build/fuzzing/NAME/found. An input that breaks a promise is kept in build/fuzzing/NAME; to see it fail
# again: BIN_DIR/fuzz_NAME THAT_FILE.
set -euo pipefail
export LC_ALL=C
HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
WORK=$(dirname "$(dirname "$HERE")")/build/fuzzing

# number_of TEXT LOG: the last number that libFuzzer printed behind that text.
number_of() {
    sed -n "s/.*$1 *\([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

# fuzz SECONDS BIN_DIR NAME: runs one, and prints one line.
fuzz() {
    local seconds=$1 program=$2/fuzz_$3 name=$3 log=$WORK/$3.log result=passed scratch
    scratch=$(mktemp -d)
    mkdir -p "$WORK/$name/found"
    TMPDIR=$scratch UBSAN_OPTIONS=print_stacktrace=1 "$program" -max_total_time="$seconds" -timeout=10 \
        -max_len=16384 -print_final_stats=1 -dict="$HERE/dictionary/$name" -artifact_prefix="$WORK/$name/" \
        "$WORK/$name/found" "$HERE/corpus/$name" >"$log" 2>&1 </dev/null || result=FAILED
    rm -rf "$scratch"
    printf '%-12s %10s runs   %5s branches   %s\n' "$name" \
        "$(number_of number_of_executed_units: "$log")" "$(number_of cov: "$log")" "$result"
    if [ $result = FAILED ]; then
        { grep -aE 'broken promise|runtime error|ERROR:|Test unit written' "$log" || tail -n 3 "$log"; } | sed 's/^/    /'
    fi
}

if [ "${1-}" = --one ]; then
    shift
    fuzz "$@"
    exit
fi

[ $# -ge 2 ] || { echo "usage: run.sh SECONDS BIN_DIR [NAME...]" >&2; exit 2; }
seconds=$1 bin_dir=$2
shift 2
if [ $# -eq 0 ]; then
    set -- "$HERE"/corpus/*
    set -- "${@##*/}"
fi
mkdir -p "$WORK"
printf '%s\n' "$@" | xargs -P 2 -I NAME "${BASH_SOURCE[0]}" --one "$seconds" "$bin_dir" NAME | tee "$WORK/summary"
passed=$(grep -c ' passed$' "$WORK/summary" || true)
failed=$(($# - passed))
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
