<?php
// Consumes mails with phpredis: php examples/consumer.php [port]
//
// A mail that fails comes again after 2, 4, 8 … seconds. To let it die after five attempts, send this once:
// QCONFIG SET mails max-attempts 5

const LEASE = 30; // seconds after which the mail of a killed consumer comes again
const BLOCK = 3; // seconds; PHP notices SIGTERM when QCLAIM has returned, and needs no CLIENT UNBLOCK then

function handle(string $id, string $contents): void
{
    echo "$id: $contents\n";
}

function connect(): Redis
{
    $okq = new Redis();
    $okq->connect('127.0.0.1', (int) ($GLOBALS['argv'][1] ?? 4777));
    $okq->setOption(Redis::OPT_READ_TIMEOUT, BLOCK + 5);
    $okq->setOption(Redis::OPT_MAX_RETRIES, 0); // or it sends commands again, on another connection
    return $okq;
}

/** Sends a command and returns its reply, false for nil. Throws error replies. */
function ask(Redis $okq, ...$command)
{
    $okq->clearLastError();
    $reply = $okq->rawCommand(...$command);
    if ($reply === false && $okq->getLastError() !== null) {
        throw new RedisException($okq->getLastError());
    }
    return $reply;
}

/** Handles an event, renews its lease meanwhile, and settles it. */
function process(Redis $okq, string $queue, string $id, string $contents, int $attempt, string $receipt): void
{
    $delivery = [$queue, $id, 'RECEIPT', $receipt];
    pcntl_signal(SIGALRM, function () use ($delivery) {
        pcntl_alarm(intdiv(LEASE, 3));
        try {
            ask(connect(), 'QTOUCH', ...$delivery, ...['EX', LEASE]);
        } catch (RedisException $e) {
            fwrite(STDERR, "the next one may be in time: {$e->getMessage()}\n");
        }
    });
    pcntl_alarm(intdiv(LEASE, 3));
    try {
        handle($id, $contents);
        $error = null;
    } catch (Throwable $error) {
        fwrite(STDERR, "$id failed at attempt $attempt: {$error->getMessage()}\n");
    }
    pcntl_alarm(0);
    if ($error === null) {
        ask($okq, 'QACK', ...$delivery);
    } else {
        ask($okq, 'QNACK', ...$delivery, ...['DELAY', min(2 ** $attempt, 600), 'REASON', $error->getMessage()]);
    }
}

function consume(string $queue, bool &$stopping): void
{
    $okq = connect();
    ask($okq, 'QREGISTER', $queue); // to be counted as a consumer
    while (!$stopping) {
        foreach (ask($okq, 'QCLAIM', 'EX', LEASE, 'BLOCK', BLOCK, 'QUEUES', $queue) ?: [] as $event) {
            if ($stopping) {
                ask($okq, 'QACK', $event[0], $event[1], 'REDO', 'RECEIPT', $event[4]);
            } else {
                process($okq, ...$event);
            }
        }
    }
}

$stopping = false;
pcntl_async_signals(true);
foreach ([SIGTERM, SIGINT] as $signal) {
    pcntl_signal($signal, function () use (&$stopping) {
        $stopping = true; // finishes the mail in hand
    });
}
while (!$stopping) {
    try {
        consume('mails', $stopping);
    } catch (RedisException $e) {
        fwrite(STDERR, "trying again in a second: {$e->getMessage()}\n");
        sleep(1);
    }
}
