#!/bin/sh
# Builds the engine and runs the main job on the embedded data: prune, distil, evaluate, report.
# Further arguments go to the engine, for example: scripts/quickstart.sh --out /tmp/runs --overwrite
set -eu
cd "$(dirname "$0")/.."
scripts/prerequisites.sh build
. scripts/environment.sh
./mvnw -q -B -DskipTests -pl java/engine -am package
case " $* " in
  *" --resume "* | *" --overwrite "* | *" --out "*) ;;
  *) set -- --resume "$@" ;; # a second call continues the first, or says that it is finished
esac
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -jar java/engine/target/engine.jar run examples/quickstart.yaml "$@"
