<?php
// What the two clients for PHP share: the lines of driver.ts in, the replies out.

function shown($value): string
{
    if ($value === null) {
        return '_';
    }
    if (is_int($value)) {
        return ":$value";
    }
    if (is_array($value)) {
        return implode(' ', ['*' . count($value), ...array_map('shown', $value)]);
    }
    return '$' . bin2hex($value);
}

function failure(string $type, string $message): string
{
    return "!$type:" . bin2hex($message);
}

/** Answers each line with what `$answer(verb, args)` returns. */
function answerLines(callable $answer): void
{
    while (($line = fgets(STDIN)) !== false) {
        $words = explode(' ', trim($line));
        $verb = array_shift($words);
        $args = array_map(fn ($word) => $word === '-' ? '' : hex2bin($word), $words);
        echo $answer($verb, $args), "\n";
    }
}
