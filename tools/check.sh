#!/bin/bash
# All tests: gcc and clang builds with -Werror, the suite plain and under ASan + UBSan, the fuzz
# corpus.  Ends with `N passed, N failed, N skipped`.  `check.sh all` adds valgrind and fuzzing.
set -u
cd "$(dirname "$0")/.."
tools/deps.sh --tests || exit 1
GULL_PEERS=$(tools/peers.sh) && export GULL_PEERS
failed=0 passed=0
step() { # NAME COMMAND...: one check outside Meson
    local name=$1 log
    log=$(mktemp)
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        tail -n 40 "$log"
    fi
    rm -f "$log"
}
build() { # DIR CC OPTIONS...
    local dir=$1 cc=$2
    shift 2
    [ -f "$dir/build.ninja" ] || CC=$cc meson setup "$dir" "$@" || return 1
    ninja -C "$dir"
}
headers() {
    gcc -std=c11 -Wall -Wextra -Werror -fsyntax-only -x c include/gull/gull.h &&
        { ! command -v g++ >/dev/null || g++ -Wall -Wextra -Werror -fsyntax-only -x c++ include/gull/gull.h; }
}
rm -f build-*/meson-logs/testlog.junit.xml
step "gcc build, -Wall -Wextra -Werror" build build-gcc gcc --werror
step "clang build, -Wall -Wextra -Werror" build build-clang clang --werror
# gcc warns of what cannot be when it instruments: no -Werror here.
step "sanitizer build" build build-asan gcc -Db_sanitize=address,undefined -Db_lundef=false
step "function and file lengths" tools/fnlen.py $(git ls-files 'src/*.c' 'cli/*.c')
step "public header alone, C and C++" headers
[ -x tools/man.sh ] && step "man pages are those of the options" tools/man.sh --check
meson test -C build-gcc --num-processes 2 --print-errorlogs
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    meson test -C build-asan --num-processes 2 --print-errorlogs --timeout-multiplier 5 --suite native
[ -x tools/fuzz.sh ] && step "fuzz corpus and 5 s a reader" tools/fuzz.sh 5
if [ "${1:-}" = all ]; then
    step "valgrind" meson test -C build-gcc --suite native --timeout-multiplier 30 \
        --wrapper 'valgrind -q --error-exitcode=9 --leak-check=full'
    step "ten minutes of fuzzing a reader" tools/fuzz.sh 600
fi
log=$(mktemp)
tools/closing_line.py build-gcc/meson-logs/testlog.junit.xml \
    build-asan/meson-logs/testlog.junit.xml >"$log" || true
grep -v ' passed, ' "$log"
read -r p _ f _ s _ < <(tail -n 1 "$log" | tr -d ,)
rm -f "$log"
echo "$((p + passed)) passed, $((f + failed)) failed, $s skipped"
[ $((f + failed)) = 0 ] && [ "$p" -gt 0 ]
