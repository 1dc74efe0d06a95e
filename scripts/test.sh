#!/bin/sh
# Builds everything and runs all checks and tests but those tagged slow or gpu.
# Further arguments go to Maven, for example: scripts/test.sh -Dtest=PruneStageTest
set -eu
cd "$(dirname "$0")/.."
# Java takes the encoding of file names from the locale.
export LC_ALL="${LC_ALL:-C.UTF-8}"
scripts/prerequisites.sh test
exec ./mvnw -B -ntp verify "$@"
