#!/bin/sh
# new.sh KIND NAME: a new plug-in from its template: one file and one table row, nothing else.
# KIND: attack, proof, family, format or operator.  NAME: lower case.
set -e
cd "$(dirname "$0")/.."
kind=$1 name=$2
case $kind in
attack) folder=src/attack table=attacks.def row=ATTACK ;;
proof) folder=src/prove table=proofs.def row=PROOF ;;
family) folder=src/model table=families.def row=FAMILY ;;
format) folder=src/read table=readers.def row=READER ;;
operator) folder=src/graph/ops table=ops.def row=OP ;;
*) echo "usage: tools/new.sh attack|proof|family|format|operator NAME" >&2; exit 2 ;;
esac
case $name in
'' | *[!a-z0-9_]*) echo "new.sh: NAME is lower case letters, digits and _" >&2; exit 2 ;;
esac
[ ! -e "$folder/$name.c" ] || { echo "new.sh: $folder/$name.c is there already" >&2; exit 2; }
title=$(printf %s "$name" | cut -c1 | tr a-z A-Z)$(printf %s "$name" | cut -c2-)
sed -e "s/xyz/$name/g" -e "s/Xyz/$title/g" "tools/templates/$kind.c" >"$folder/$name.c"
echo "$row($name)" >>"$folder/$table"
echo "$folder/$name.c and a row in $folder/$table; see doc/howto/$kind.md"
