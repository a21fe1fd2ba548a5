<?php
// Predis, told what to do by ../driver.ts: one line in, one line out.
require __DIR__ . '/../lines.php';
require 'Predis/Autoloader.php';
Predis\Autoloader::register();

use Predis\Command\RawCommand;

/** A reply of Predis, which has an object for OK. */
function reply($value): string
{
    return shown($value instanceof Predis\Response\Status ? $value->getPayload() : $value);
}

function pushAll(Predis\Client $client, string $queue, int $count): array
{
    return array_map('strval', $client->pipeline(function ($pipeline) use ($queue, $count) {
        for ($i = 0; $i < $count; $i++) {
            $pipeline->executeCommand(new RawCommand(['QLPUSH', $queue, $i, $i]));
        }
    }));
}

$client = null;
answerLines(function (string $verb, array $args) use (&$client): string {
    try {
        switch ($verb) {
            case 'version':
                return shown(Predis\Client::VERSION);
            case 'open':
                $client = new Predis\Client(['port' => (int) $args[0]]);
                return reply($client->ping());
            case 'open-set':
                $client = new Predis\Client(['port' => (int) $args[0], 'read_write_timeout' => -1]);
                return reply($client->ping());
            case 'pipeline':
                return shown(pushAll($client, $args[0], (int) $args[1]));
            default:
                return reply($client->executeCommand(new RawCommand($args)));
        }
    } catch (Predis\PredisException $error) {
        return failure(get_class($error), $error->getMessage());
    }
});
