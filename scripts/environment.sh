# shellcheck shell=sh
# Sourced by the scripts beside this one.

# Java takes the encoding of file names from the locale.
export LC_ALL="${LC_ALL:-C.UTF-8}"

# Maven would take the first java of the PATH, which may be a newer one without a compiler.
if [ -z "${JAVA_HOME:-}" ] && command -v javac >/dev/null 2>&1; then
  jdk=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  # Not where javac is a script that looks for the real one.
  if [ -x "$jdk/bin/java" ] && [ -x "$jdk/bin/javac" ]; then
    export JAVA_HOME="$jdk"
  fi
fi
