#!/bin/sh
# Builds the engine and runs the main job on the embedded data: prune, distil, evaluate, report.
# Further arguments go to the engine, for example: scripts/quickstart.sh --out /tmp/runs --overwrite
set -eu
cd "$(dirname "$0")/.."
# Java takes the encoding of file names from the locale.
export LC_ALL="${LC_ALL:-C.UTF-8}"
scripts/prerequisites.sh build
./mvnw -q -B -DskipTests -pl java/engine -am package
case " $* " in
  *" --resume "* | *" --overwrite "* | *" --out "*) ;;
  *) set -- --resume "$@" ;; # a second call continues the first, or says that it is finished
esac
exec java -jar java/engine/target/engine.jar run examples/quickstart.yaml "$@"
