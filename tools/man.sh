#!/bin/sh
# man.sh [BUILD [VERB]]: shows a man page as built: gull(1) or gull-VERB(1).
# man.sh --check [BUILD]: every page has a proper form (mandoc's warnings, without those about
# scdoc's empty paragraphs), and every verb and option of the command has its place.
cd "$(dirname "$0")/.." || exit 1
check=
[ "$1" = --check ] && check=yes && shift
build=${1:-$([ -x build-gcc/cli/gull ] && echo build-gcc || echo build)}
gull=$build/cli/gull
[ -n "$check" ] || exec man -l "$build/doc/gull${2:+-$2}.1"
command -v scdoc >/dev/null && command -v mandoc >/dev/null || {
    echo "man.sh: needs scdoc and mandoc" >&2
    exit 1
}
bad=0
lint() { # NAME, scdoc source on stdin
    page=$(scdoc) || bad=1
    said=$(printf '%s\n' "$page" | mandoc -T lint -W warning | grep -v 'skipping paragraph macro')
    [ -z "$said" ] || { echo "$1: $said"; bad=1; }
}
lint "gull(1)" <doc/gull.1.scd
for verb in $(sed -n 's/^VERB(\(.*\))/\1/p' cli/verbs.def); do
    source=$("$gull" help --scd "$verb") || bad=1
    lint "gull-$verb(1)" <<EOF
$source
EOF
    for option in $("$gull" help "$verb" | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
        printf '%s\n' "$source" | grep -q "^\*--$option\*" || { echo "gull-$verb(1): no --$option"; bad=1; }
    done
    grep -q "^\*$verb\*" doc/gull.1.scd || { echo "gull(1): no verb $verb"; bad=1; }
done
exit $bad
