#!/bin/sh
# The library's only dynamic symbols of its own are those of its header. usage: exports_test.sh LIBRARY
symbols=$(nm -D --defined-only "$1" | awk '{print $NF}')
case $symbols in
  *potstill_cuda_*) ;;
  *) echo "no symbol of the C ABI in $1"; exit 1 ;;
esac
others=$(printf '%s\n' "$symbols" | grep -v '^potstill_cuda_')
[ -z "$others" ] && exit 0
echo "exported beside the C ABI: $others"
exit 1
