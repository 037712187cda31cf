#!/bin/sh
# A first export with nothing but curl: ask for it, watch it, bring it home.
# Needs the URL of a server and a token in OFFTAKE_URL and OFFTAKE_TOKEN; `offtake demo` gives both.
set -eu

api() { curl --silent --show-error --fail-with-body --retry 5 --header "Authorization: Bearer $OFFTAKE_TOKEN" "$@"; }
member() { grep -o "\"$1\":\"[^\"]*\"" | cut -d '"' -f 4; }

# The key makes the request safe to repeat: however often it arrives, there is one export.
answer=$(api "$OFFTAKE_URL/v1/exports" \
    --header 'Content-Type: application/json' \
    --header "Idempotency-Key: first-export-$$-$(date +%s)" \
    --header 'Prefer: wait=10' \
    --data '{"dataset": "reservations", "format": "csv", "fields": ["number", "arrival_date", "nights", "nightly_rate"],
             "where": [{"field": "state", "op": "eq", "value": "checked_out"}]}') || { echo "$answer"; exit 1; }
id=$(echo "$answer" | member id)

while status=$(echo "$answer" | member status) && echo "$id is $status"; do
    case $status in pending | running) sleep 1 ;; *) break ;; esac
    answer=$(api "$OFFTAKE_URL/v1/exports/$id")
done
[ "$status" = succeeded ] || { echo "$answer"; exit 1; }

# One line for each file. The links carry their own permission and need no token.
echo "$answer" | tr '{' '\n' | grep '"url"' | while read -r file; do
    name=$(echo "$file" | member name)
    curl --silent --show-error --fail --retry 5 --output "$name" "$(echo "$file" | member url)"
    echo "$(echo "$file" | member sha256)  $name" | sha256sum --check
done
