#!/usr/bin/env bash
# Writes the table of values into a chart's README.md, between its two markers,
# from values.yaml: a value gets a row when a line `# ...` stands directly above it.
#
#   scripts/values-table.sh charts/tablewright          prints the table
#   scripts/values-table.sh --write charts/tablewright  puts it into README.md
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

table() {
  printf '| value | default | what it is |\n|---|---|---|\n'
  awk '
    function cell(text) { gsub(/\|/, "\\|", text); return text }
    /^ *## / { said = ""; next }
    /^ *# / { said = $0; sub(/^ *# /, "", said); next }
    /^ *[A-Za-z][A-Za-z0-9]*:/ {
      depth = match($0, /[^ ]/) - 1
      colon = index($0, ":")
      key = substr($0, depth + 1, colon - depth - 1)
      value = substr($0, colon + 1)
      path[depth] = key
      name = ""
      for (level = 0; level < depth; level += 2) name = name path[level] "."
      sub(/^ +/, "", value)
      if (said != "") printf "| `%s` | `%s` | %s |\n", name key, cell(value), cell(said)
    }
    { said = "" }
  ' "$1/values.yaml"
}

BEGIN_MARK='<!-- values -->'
END_MARK='<!-- end of values -->'

write() {
  local readme=$1/README.md text
  if ! grep -qxF "$BEGIN_MARK" "$readme" || ! grep -qxF "$END_MARK" "$readme"; then die "$readme has no lines $BEGIN_MARK and $END_MARK."; fi
  text=$(
    sed "/^$BEGIN_MARK\$/q" "$readme"
    table "$1"
    sed -n "/^$END_MARK\$/,\$p" "$readme"
  )
  printf '%s\n' "$text" >"$readme"
}

case $#:${1:-} in
  1:*) table "$1" ;;
  2:--write) write "$2" ;;
  *) die "usage: scripts/values-table.sh [--write] CHART" ;;
esac
