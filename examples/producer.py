"""Pushes mails with redis-py: python3 examples/producer.py [port]"""

import sys
import time

import redis

# Does not retry by itself: push does, because it knows what the replies mean.
okq = redis.Redis(port=int(sys.argv[1]) if len(sys.argv) > 1 else 4777, retry=None)


def push(queue, event_id, contents):
    """Pushes an event once, even if a reply is lost or the program is run again."""
    while True:
        try:
            okq.execute_command("QLPUSH", queue, event_id, contents)
            return
        except redis.AuthenticationError:
            raise
        except (redis.ConnectionError, redis.TimeoutError) as error:
            print(f"trying again: {error}", file=sys.stderr)
        except redis.ResponseError as error:
            if str(error).startswith("duplicate event"):
                return  # an earlier attempt or run has pushed it
            if not str(error).startswith("UNAVAILABLE"):
                raise
        time.sleep(0.5)


for order in (1, 2, 3):
    push("mails", f"order-{order}", f"Order {order} for ann@example.com")
    print(f"pushed order-{order}")
