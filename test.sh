#!/usr/bin/env bash
# Installs what a fresh Debian with the .NET SDK lacks, runs every test, and ends with a line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if ! command -v chromium >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests"
  as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null || echo "Chromium could not be installed: the browser tests will fail and say so."
fi

dotnet build LtiMicroCred.sln -v quiet -clp:NoSummary || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
for project in tests/*Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  dotnet test "$project" --no-build -v quiet --logger "console;verbosity=minimal" --logger "trx;LogFileName=$results/$name.trx" "$@" || status=1
  [ -f "$results/$name.trx" ] || { echo "$name ended without a result"; status=1; broken=$((${broken:-0} + 1)); }
done

count() { cat "$results"/*.trx 2>/dev/null | grep -o "<Counters [^>]*>" | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*' | awk '{s += $1} END {print s + 0}'; }
total=$(count total); passed=$(count passed); failed=$(count failed)
echo "$passed passed, $((failed + ${broken:-0})) failed, $((total - passed - failed)) skipped"
exit $status
