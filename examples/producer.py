"""Pushes mails with redis-py: python3 examples/producer.py [port]"""

import sys
import time

import redis

# Does not retry by itself: push does, because it knows what the replies mean.
okq = redis.Redis(port=int(sys.argv[1]) if len(sys.argv) > 1 else 4777, retry=None)


def push(queue, event_id, contents):
    """Pushes an event once, even if a reply is lost."""
    may_be_there = False
    while True:
        try:
            okq.execute_command("QLPUSH", queue, event_id, contents)
            return
        except (redis.ConnectionError, redis.TimeoutError):
            may_be_there = True
        except redis.ResponseError as error:
            if may_be_there and str(error).startswith("duplicate event"):
                return  # the earlier attempt had succeeded
            if not str(error).startswith("UNAVAILABLE"):
                raise
            may_be_there = may_be_there or "Nothing was done" not in str(error)
        time.sleep(0.5)


for order in (1, 2, 3):
    push("mails", f"order-{order}", f"Order {order} for ann@example.com")
    print(f"pushed order-{order}")
