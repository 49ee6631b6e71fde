# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# What scripts/run and scripts/test share: stages that are timed and whose failures are remembered. To be sourced.
root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
jobs=${SKEP_JOBS:-$(nproc)}
stages=() failed=0
# For whatever is built with sanitizers. The leak checker of GCC 12 takes one process in 256 for one whose thread-local
# storage glibc 2.19 had made, and reads wherever that leads: it is not told of such storage that libraries make late.
sanitizer_settings() { # [ASAN_SETTING…]
  local IFS=:
  export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:intercept_tls_get_addr=0${1+:$*}"
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
}

# stage NAME COMMAND…: run a command, remember how long it took and whether it failed; its status is the command's.
stage() {
  local name=$1 start=$SECONDS status
  shift
  printf '\n== %s\n' "$name"
  set +e
  (set -euo pipefail; "$@")
  status=$?
  set -e
  stages+=("$(printf '%-34s %4d s  %s' "$name" $((SECONDS - start)) "$( ((status)) && echo "FAILED ($status)" || echo ok)")")
  ((status)) && failed=1
  return "$status"
}

# summary: the stages, and exit with 1 if one failed.
summary() {
  printf '\n== summary\n'
  printf '%s\n' "${stages[@]}"
  printf '%-34s %4d s  %s\n' total "$SECONDS" "$( ((failed)) && echo FAILED || echo ok)"
  exit "$failed"
}

# Where ccache has nothing to give, headers are compiled once instead.
precompile=
if ! ccache --print-stats 2>/dev/null | grep -q '^files_in_cache[[:space:]]*[1-9]'; then precompile=-DSKEP_PRECOMPILE=ON; fi
configure() { # PRESET
  cmake --preset "$1" --log-level=WARNING ${precompile:+"$precompile"}
}
build() { # PRESET [TARGET…]
  local preset=$1
  shift
  cmake --build --preset "$preset" --parallel "$jobs" ${1+--target "$@"}
}
configure_and_build() { # PRESET
  configure "$1" && build "$1"
}

# run_example: every program of the example returns 0, and every callback that it started has run.
run_example() {
  local skep=build/release/skep object=build/release/examples/wq.bpf.o
  "$skep" run "$object"
  "$skep" run --json "$object" | python3 -B scripts/check_run.py
}
