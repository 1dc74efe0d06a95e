#!/bin/sh
# The library's only dynamic symbols of its own are those of its header. usage: exports_test.sh LIBRARY
others=$(nm -D --defined-only "$1" | awk '{print $NF}' | grep -v '^potstill_cuda_')
[ -z "$others" ] && exit 0
echo "exported beside the C ABI: $others"
exit 1
