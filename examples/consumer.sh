#!/bin/sh
# Consumes mails with redis-cli: sh examples/consumer.sh [port]
# Ids and contents must not contain line feeds. `deno task cli consume mails -- command` has no such limit.
okq="redis-cli -h 127.0.0.1 -p ${1:-4777}"
queue=mails
newline='
'

handle() { # id contents
  echo "$1: $2"
}

while :; do
  # QREGISTER applies to the connection, so QNOTIFY must use the same one.
  if ! reply=$(printf 'QREGISTER %s\nQNOTIFY 5\n' "$queue" | $okq); then
    sleep 1
    continue
  fi
  case $reply in
    "OK$newline$queue") ;;
    OK) continue ;; # there was no event
    *) echo "trying again in a second: $reply" >&2; sleep 1; continue ;;
  esac
  event=$($okq QRPOP "$queue" EX 60)
  case $event in
    *"$newline"*) ;;
    *) continue ;; # another consumer was faster
  esac
  id=${event%%"$newline"*}
  if handle "$id" "${event#*"$newline"}"; then
    $okq QACK "$queue" "$id" >/dev/null
  else
    sleep 1 # because the event is the next one popped
    $okq QACK "$queue" "$id" REDO >/dev/null
  fi
done
