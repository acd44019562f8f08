#!/bin/bash
# fuzz.sh SECONDS [NAME...]: runs each libFuzzer target (or those named) that long over a copy of its
# corpus, two at a time, under the address and undefined-behaviour sanitizers.
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-5}
shift
echo 'int LLVMFuzzerTestOneInput(void *p, long n); int LLVMFuzzerTestOneInput(void *p, long n) { return p && !n; }' |
    clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null ||
    { echo "fuzz.sh: no clang with libFuzzer, nothing is fuzzed"; exit 0; }
[ -f build-fuzz/build.ninja ] ||
    CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
        -Dbuildtype=debugoptimized -Dc_args=-fsanitize=fuzzer-no-link >/dev/null || exit 1
names=${*:-$(sed -n 's/^FUZZ(\(.*\))$/\1/p' fuzz/fuzz.def)}
targets=
for n in $names; do targets="$targets fuzz/fuzz_$n"; done
ninja -C build-fuzz $targets >/dev/null || { echo "fuzz.sh: does not build"; exit 1; }
one() { # NAME SECONDS
    local work=build-fuzz/runs/$1
    mkdir -p "$work/corpus"
    cp -u fuzz/corpus/"$1"/* "$work/corpus/" 2>/dev/null
    if UBSAN_OPTIONS=halt_on_error=1 build-fuzz/fuzz/fuzz_"$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=3000 \
        -malloc_limit_mb=2500 -artifact_prefix="$work/" -print_final_stats=1 "$work/corpus" >"$work/log" 2>&1; then
        echo "ok      $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs"
    else
        echo "FAILED  $1: see $work"
        tail -n 30 "$work/log"
        return 1
    fi
}
export -f one
echo "$names" | tr ' ' '\n' | xargs -P 2 -I{} bash -c "one {} $seconds"
