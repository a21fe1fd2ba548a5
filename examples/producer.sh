#!/bin/sh
# Pushes mails with redis-cli: sh examples/producer.sh [port]
okq="redis-cli -h 127.0.0.1 -p ${1:-4777}"

# Pushes an event once, even if a reply is lost or the program is run again: push queue id contents
push() {
  while :; do
    answer=$($okq QLPUSH "$1" "$2" "$3" 2>&1)
    case $answer in
      OK | "ERR duplicate event"*) return ;; # or an earlier attempt or run has pushed it
      UNAVAILABLE* | Error:* | "Could not connect"*) sleep 0.5 ;;
      *) echo "$answer" >&2; return 1 ;;
    esac
  done
}

for order in 1 2 3; do
  push mails "order-$order" "Order $order for ann@example.com" && echo "pushed order-$order"
done
