#!/bin/sh
# Builds everything and runs all checks and tests but those tagged slow or gpu.
# Further arguments go to Maven, for example: scripts/test.sh -Dtest=PruneStageTest
set -eu
cd "$(dirname "$0")/.."
scripts/prerequisites.sh test
. scripts/environment.sh
exec ./mvnw -B -ntp verify "$@"
