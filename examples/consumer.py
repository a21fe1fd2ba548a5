"""Consumes mails with redis-py: python3 examples/consumer.py [port]

A mail that fails comes again after 2, 4, 8 … seconds. To let it die after five attempts, send this once:
QCONFIG SET mails max-attempts 5
"""

import signal
import sys
import threading

import redis

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 4777
LEASE = 30  # seconds after which the mail of a killed consumer comes again
BLOCK = 10  # seconds; less than socket_timeout, which redis-py 8 sets to 5 by default

okq = redis.Redis(port=PORT)  # may send its commands again, as the receipt names the delivery
stopping = threading.Event()
waiting = 0  # id of the connection that waits for mails


def handle(event_id, contents):
    print(f"{event_id.decode()}: {contents.decode()}", flush=True)


def process(queue, event_id, contents, attempt, receipt):
    """Handles an event, renews its lease meanwhile, and settles it."""
    delivery = (queue, event_id, "RECEIPT", receipt)
    done = threading.Event()

    def renew():
        while not done.wait(LEASE / 3):
            try:
                okq.execute_command("QTOUCH", *delivery, "EX", LEASE)
            except redis.RedisError as error:
                print(f"the next one may be in time: {error}", file=sys.stderr)

    threading.Thread(target=renew, daemon=True).start()
    try:
        handle(event_id, contents)
    except Exception as error:
        print(f"{event_id.decode()} failed at attempt {attempt}: {error}", file=sys.stderr)
        okq.execute_command("QNACK", *delivery, "DELAY", min(2**attempt, 600), "REASON", str(error))
    else:
        okq.execute_command("QACK", *delivery)
    finally:
        done.set()


def consume(queue):
    global waiting
    # QCLAIM blocks its connection, so that is not the one of the other commands.
    with redis.Redis(port=PORT, single_connection_client=True, retry=None, socket_timeout=BLOCK + 5) as claims:
        waiting = claims.execute_command("CLIENT", "ID")
        claims.execute_command("QREGISTER", queue)  # to be counted as a consumer
        while not stopping.is_set():
            for event in claims.execute_command("QCLAIM", "EX", LEASE, "BLOCK", BLOCK, "QUEUES", queue) or []:
                if stopping.is_set():
                    okq.execute_command("QACK", event[0], event[1], "REDO", "RECEIPT", event[4])
                else:
                    process(*event)


def run():
    while not stopping.is_set():
        try:
            consume("mails")
        except redis.RedisError as error:
            print(f"trying again in a second: {error}", file=sys.stderr)
            stopping.wait(1)


signals = [signal.SIGTERM, signal.SIGINT]
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
consumer = threading.Thread(target=run)
consumer.start()
signal.sigwait(signals)
stopping.set()  # finishes the mail in hand
while consumer.is_alive():
    try:
        okq.execute_command("CLIENT", "UNBLOCK", waiting)  # ends QCLAIM
    except redis.RedisError as error:
        print(f"trying again: {error}", file=sys.stderr)
    consumer.join(0.5)
