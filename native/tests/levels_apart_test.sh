#!/bin/sh
# The objects of the instruction sets define nothing that the linker might merge with code of another
# level. usage: levels_apart_test.sh OBJECT...
set -eu
[ $# -gt 0 ] || { echo "no object given"; exit 1; }
status=0
for object in "$@"; do
  symbols=$(nm -C --defined-only "$object")
  case $symbols in
    *::loops*) ;;
    *) echo "$object has no table of loops"; status=1 ;;
  esac
  # DW.ref: pointers to what the C++ runtime has for exceptions, the same at every level.
  shared=$(printf '%s\n' "$symbols" | grep -E '^[0-9a-f]* [VWu] ' | grep -v ' DW\.ref\.' || true)
  [ -z "$shared" ] || { echo "$object shares:"; echo "$shared"; status=1; }
done
exit $status
