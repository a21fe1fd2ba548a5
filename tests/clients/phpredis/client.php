<?php
// phpredis, told what to do by ../driver.ts: one line in, one line out.
require __DIR__ . '/../lines.php';

$client = new Redis();

/** A reply of phpredis, which has `true` for OK and `false` for both nil and an error. */
function reply(Redis $client, $value): string
{
    if ($value === false) {
        $error = $client->getLastError();
        return $error === null ? '_' : failure('getLastError', $error);
    }
    return shown($value === true ? 'OK' : $value);
}

function pushAll(Redis $client, string $queue, int $count): string
{
    $pipeline = $client->multi(Redis::PIPELINE);
    for ($i = 0; $i < $count; $i++) {
        $pipeline->rawCommand('QLPUSH', $queue, $i, $i);
    }
    return shown(array_map(fn ($value) => $value === true ? 'OK' : 'failed', $pipeline->exec()));
}

answerLines(function (string $verb, array $args) use ($client): string {
    try {
        if ($verb === 'version') {
            return shown(phpversion('redis'));
        }
        if ($verb === 'pipeline') {
            return pushAll($client, $args[0], (int) $args[1]);
        }
        if ($verb === 'open' || $verb === 'open-set') {
            $client->connect('127.0.0.1', (int) $args[0]);
            if ($verb === 'open-set') {
                $client->setOption(Redis::OPT_READ_TIMEOUT, -1);
            }
            $args = ['ECHO', 'PONG'];
        }
        $client->clearLastError();
        return reply($client, $client->rawCommand(...$args));
    } catch (RedisException $error) {
        return failure(get_class($error), $error->getMessage());
    }
});
