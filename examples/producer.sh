#!/bin/sh
# Pushes mails with redis-cli: sh examples/producer.sh [port]
okq="redis-cli -h 127.0.0.1 -p ${1:-4777}"

# Pushes an event once, even if a reply is lost: push queue id contents
push() {
  may_be_there=
  while :; do
    answer=$($okq QLPUSH "$1" "$2" "$3" 2>&1)
    case $answer in
      OK) return ;;
      "ERR duplicate event"*) [ "$may_be_there" ] && return ;; # the earlier attempt had succeeded
      "UNAVAILABLE Nothing was done"* | "Could not connect"*) sleep 0.5; continue ;;
      UNAVAILABLE* | Error:*) may_be_there=yes; sleep 0.5; continue ;;
    esac
    echo "$answer" >&2
    return 1
  done
}

for order in 1 2 3; do
  push mails "order-$order" "Order $order for ann@example.com" && echo "pushed order-$order"
done
