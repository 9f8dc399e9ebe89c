#!/bin/sh
# Posts one event. Needs SITE and SECRET (whsec_…) in the environment; prints the answer.
set -eu
now=$(date +%s)
id="evt_${now}_$$"
body='{"id":"'$id'","type":"calendar.updated","occurred_at":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'",'
body=$body'"data":{"days":[{"day":"2026-10-01","is_trading":false,"note":"National Day"}]}}'
key=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$(printf '%s.%s.%s' "$id" "$now" "$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
curl -sS "$SITE/hooks/counter" \
  -H "content-type: application/json" \
  -H "webhook-id: $id" \
  -H "webhook-timestamp: $now" \
  -H "webhook-signature: v1,$signature" \
  --data-binary "$body"
