#!/bin/sh
# Consumes mails with redis-cli: sh examples/consumer.sh [port]
#
# A mail that fails comes again after 2, 4, 8 ... seconds. To let it die after five attempts, send this once:
# QCONFIG SET mails max-attempts 5
#
# Ids and contents must not contain line feeds. `deno task cli consume mails -- command` has no such limit.
okq="redis-cli -h 127.0.0.1 -p ${1:-4777}"
lease=30 # seconds after which the mail of a killed consumer comes again
stopping=
reply=$(mktemp) || exit 1

handle() { # id contents
  echo "$1: $2"
}

renew() { # queue id receipt
  while sleep $((lease / 3)) && [ "$($okq QTOUCH "$1" "$2" EX $lease RECEIPT "$3")" != 0 ]; do :; done
}

process() { # queue id contents attempt receipt
  renew "$1" "$2" "$5" >/dev/null 2>&1 &
  renewing=$!
  if handle "$2" "$3"; then
    set -- QACK "$1" "$2" RECEIPT "$5"
  elif [ "$stopping" ]; then
    set -- QACK "$1" "$2" REDO RECEIPT "$5" # Ctrl-C has ended its program too
  else
    echo "$2 failed at attempt $4" >&2
    delay=$(($4 < 9 ? 1 << $4 : 600))
    set -- QNACK "$1" "$2" RECEIPT "$5" DELAY $delay REASON "handle failed"
  fi
  kill -9 $renewing # which the trap of this shell cannot catch
  $okq "$@" >/dev/null
}

# The reply to QCLAIM is a line each for queue, id, contents, attempt and receipt, behind those to the other commands.
claim() {
  printf 'CLIENT ID\nQREGISTER mails\nQCLAIM EX %s BLOCK 10 QUEUES mails\n' $lease | $okq >"$reply"
}

unblock() {
  $okq CLIENT UNBLOCK "$(head -n 1 "$reply")" >/dev/null
}

trap 'stopping=yes' TERM INT # finishes the mail in hand
while [ ! "$stopping" ]; do
  claim &
  claiming=$!
  wait $claiming # or for a signal
  while kill -0 $claiming 2>/dev/null; do unblock; sleep 0.2; done
  { read -r id; read -r registered; read -r queue; read -r id; read -r contents; read -r attempt; read -r receipt; } <"$reply"
  if [ "$receipt" ] && [ "$stopping" ]; then
    $okq QACK "$queue" "$id" REDO RECEIPT "$receipt" >/dev/null
  elif [ "$receipt" ]; then
    process "$queue" "$id" "$contents" "$attempt" "$receipt"
  elif [ "$registered" != OK ]; then
    echo "trying again in a second: $(cat "$reply")" >&2
    sleep 1
  fi
done
rm -f "$reply"
