"""redis-py, told what to do by ../driver.ts: one line in, one line out."""
import sys

import redis


def shown(value):
    if value is None:
        return "_"
    if isinstance(value, int):
        return f":{value}"
    if isinstance(value, dict):
        pairs = [part for pair in value.items() for part in pair]
        return " ".join([f"%{len(value)}", *map(shown, pairs)])
    if isinstance(value, list):
        return " ".join([f"*{len(value)}", *map(shown, value)])
    return "$" + value.hex()


def failure(error):
    return f"!{type(error).__module__}.{type(error).__name__}:{str(error).encode().hex()}"


def push_all(client, queue, count):
    # By default a pipeline of redis-py is a transaction of Redis, which okq has not.
    pipeline = client.pipeline(transaction=False)
    for i in range(count):
        pipeline.execute_command("QLPUSH", queue, i, i)
    return pipeline.execute()


client = None
for line in sys.stdin:
    verb, *words = line.split()
    args = [b"" if word == "-" else bytes.fromhex(word) for word in words]
    try:
        if verb == "version":
            reply = redis.__version__.encode()
        elif verb in ("open", "open-set"):
            options = {} if verb == "open" else {"socket_timeout": None, "retry": None}
            client = redis.Redis(port=int(args[0]), **options)
            reply = client.ping() and b"PONG"
        elif verb == "pipeline":
            reply = push_all(client, args[0], int(args[1]))
        else:
            reply = client.execute_command(*args)
        print(shown(reply), flush=True)
    except redis.RedisError as error:
        print(failure(error), flush=True)
