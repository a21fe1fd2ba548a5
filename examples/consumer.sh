#!/bin/sh
# Consumes mails with redis-cli: sh examples/consumer.sh [port]
# For ids and contents without line feeds; deno task cli consume mails -- command takes any.
okq="redis-cli -h 127.0.0.1 -p ${1:-4777}"
queue=mails
newline='
'

handle() { # id contents
  echo "$1: $2"
}

while :; do
  # QREGISTER belongs to the connection, so QNOTIFY goes through the same one.
  if ! told=$(printf 'QREGISTER %s\nQNOTIFY 5\n' "$queue" | $okq); then
    sleep 1
    continue
  fi
  case $told in
    "OK$newline$queue") ;;
    OK) continue ;; # there was no event
    *) echo "again in a second: $told" >&2; sleep 1; continue ;;
  esac
  event=$($okq QRPOP "$queue" EX 60)
  case $event in
    *"$newline"*) ;;
    *) continue ;; # somebody else was faster
  esac
  id=${event%%"$newline"*}
  if handle "$id" "${event#*"$newline"}"; then
    $okq QACK "$queue" "$id" >/dev/null
  else
    sleep 1 # it is the next one popped
    $okq QACK "$queue" "$id" REDO >/dev/null
  fi
done
