<?php
// Pushes mails with phpredis: php examples/producer.php [port]

/** Pushes an event once, even if a reply is lost. */
function push(int $port, string $queue, string $id, string $contents): void
{
    $mayBeThere = false;
    while (true) {
        $error = null;
        try {
            $okq = new Redis();
            $okq->connect('127.0.0.1', $port);
            if ($okq->rawCommand('QLPUSH', $queue, $id, $contents) === true) {
                return;
            }
            $error = (string) $okq->getLastError();
        } catch (RedisException $e) {
            $mayBeThere = true;
        }
        if ($error !== null) {
            if ($mayBeThere && strpos($error, 'ERR duplicate event') === 0) {
                return; // the earlier attempt had succeeded
            }
            if (strpos($error, 'UNAVAILABLE') !== 0) {
                throw new RuntimeException($error);
            }
            $mayBeThere = $mayBeThere || strpos($error, 'Nothing was done') === false;
        }
        usleep(500000);
    }
}

foreach ([1, 2, 3] as $order) {
    push((int) ($argv[1] ?? 4777), 'mails', "order-$order", "Order $order for ann@example.com");
    echo "pushed order-$order\n";
}
