<?php
// Pushes mails with phpredis: php examples/producer.php [port]

/** Pushes an event once, even if a reply is lost or the program is run again. */
function push(int $port, string $queue, string $id, string $contents): void
{
    while (true) {
        try {
            $okq = new Redis();
            $okq->connect('127.0.0.1', $port);
            if ($okq->rawCommand('QLPUSH', $queue, $id, $contents) === true) {
                return;
            }
            $error = (string) $okq->getLastError();
            if (strpos($error, 'ERR duplicate event') === 0) {
                return; // an earlier attempt or run has pushed it
            }
            if (strpos($error, 'UNAVAILABLE') !== 0) {
                throw new RuntimeException($error);
            }
        } catch (RedisException $e) {
            fwrite(STDERR, "trying again: {$e->getMessage()}\n");
        }
        usleep(500000);
    }
}

foreach ([1, 2, 3] as $order) {
    push((int) ($argv[1] ?? 4777), 'mails', "order-$order", "Order $order for ann@example.com");
    echo "pushed order-$order\n";
}
