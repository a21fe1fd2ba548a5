<?php
// Consumes mails with phpredis: php examples/consumer.php [port]

function handle(string $id, string $contents): void
{
    echo "$id: $contents\n";
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

function consume(int $port, string $queue): void
{
    $okq = new Redis();
    $okq->connect('127.0.0.1', $port);
    $okq->setOption(Redis::OPT_READ_TIMEOUT, 15); // QNOTIFY takes up to ten seconds
    $okq->setOption(Redis::OPT_MAX_RETRIES, 0); // after reconnecting, QREGISTER comes first
    ask($okq, 'QREGISTER', $queue);
    while (true) {
        if (ask($okq, 'QNOTIFY', 10) === false) {
            continue;
        }
        while (($event = ask($okq, 'QRPOP', $queue, 'EX', 60)) !== false) {
            [$id, $contents] = $event;
            try {
                handle($id, $contents);
            } catch (Throwable $error) {
                fwrite(STDERR, "$id failed: {$error->getMessage()}\n");
                sleep(1); // because the event is the next one popped
                ask($okq, 'QACK', $queue, $id, 'REDO');
                continue;
            }
            ask($okq, 'QACK', $queue, $id);
        }
    }
}

while (true) {
    try {
        consume((int) ($argv[1] ?? 4777), 'mails');
    } catch (RedisException $error) {
        fwrite(STDERR, "trying again in a second: {$error->getMessage()}\n");
        sleep(1);
    }
}
