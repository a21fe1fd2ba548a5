"""Consumes mails with redis-py: python3 examples/consumer.py [port]"""

import sys
import time

import redis

port = int(sys.argv[1]) if len(sys.argv) > 1 else 4777


def handle(event_id, contents):
    print(f"{event_id.decode()}: {contents.decode()}", flush=True)


def consume(queue):
    # QREGISTER applies to the connection: so it is not one of a pool, and does not reconnect by itself.
    # QNOTIFY takes up to ten seconds.
    with redis.Redis(port=port, single_connection_client=True, retry=None, socket_timeout=15) as okq:
        okq.execute_command("QREGISTER", queue)
        while True:
            if okq.execute_command("QNOTIFY", 10) is None:
                continue
            while (event := okq.execute_command("QRPOP", queue, "EX", 60)) is not None:
                event_id, contents = event
                try:
                    handle(event_id, contents)
                except Exception as error:
                    print(f"{event_id} failed: {error}", file=sys.stderr)
                    time.sleep(1)  # because the event is the next one popped
                    okq.execute_command("QACK", queue, event_id, "REDO")
                else:
                    okq.execute_command("QACK", queue, event_id)


while True:
    try:
        consume("mails")
    except redis.RedisError as error:
        print(f"trying again in a second: {error}", file=sys.stderr)
        time.sleep(1)
