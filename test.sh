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
count() { local which=$1; shift; cat "$@" 2>/dev/null | grep -o "<Counters [^>]*>" | grep -o " $which=\"[0-9]*\"" | grep -o '[0-9]*' | awk '{s += $1} END {print s + 0}'; }
status=0
for project in tests/*Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  trx=$results/$name.trx
  dotnet test "$project" --no-build -v quiet --logger "console;verbosity=quiet" --logger "trx;LogFileName=$trx" "$@" || status=1
  if [ -f "$trx" ]; then
    echo "$name: of $(count total "$trx") tests $(count passed "$trx") passed and $(count failed "$trx") failed"
  else
    echo "$name ended without a result"; status=1; broken=$((${broken:-0} + 1))
  fi
done

# What failed comes last, where it is looked for: its name, what it said and where.
cat "$results"/*.trx 2>/dev/null | awk -v RS='<UnitTestResult ' '
  NR > 1 && /^[^>]* outcome="Failed"/ {
    name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name)
    said = $0; if (!sub(/.*<ErrorInfo>/, "", said)) said = ""; sub(/<\/ErrorInfo>.*/, "", said); gsub(/<[^>]*>/, "\n", said)
    text = name substr(said, 1, 4000)
    gsub(/&#xD;/, "", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&amp;/, "\\&", text); gsub(/[ \n]*\n[ \n]*/, "\n  ", text)
    print "FAILED " text
  }'

total=$(count total "$results"/*.trx); passed=$(count passed "$results"/*.trx); failed=$(count failed "$results"/*.trx)
echo "$passed passed, $((failed + ${broken:-0})) failed, $((total - passed - failed)) skipped"
exit $status
