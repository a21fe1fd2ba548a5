# Perl's Redis, told what to do by ../driver.ts: one line in, one line out.
use strict;
use warnings;
use Redis;

$| = 1;

sub shown {
    my ($value) = @_;
    return '_' if !defined $value;
    return join ' ', '*' . @$value, map { shown($_) } @$value if ref $value;
    return '$' . unpack('H*', $value);
}

sub push_all {
    my ($client, $queue, $count) = @_;
    my @replies;
    $client->qlpush($queue, $_, $_, sub { push @replies, $_[0] // $_[1] }) for 0 .. $count - 1;
    $client->wait_all_responses;
    return \@replies;
}

sub answer {
    my ($client, $verb, @args) = @_;
    return $Redis::VERSION if $verb eq 'version';
    return push_all($client, @args) if $verb eq 'pipeline';
    my $method = lc shift @args;
    my $reply = $client->$method(@args); # in list context an array would come as a list
    return $reply;
}

my $client;
while (my $line = <STDIN>) {
    my ($verb, @args) = split ' ', $line;
    @args = map { $_ eq '-' ? '' : pack 'H*', $_ } @args;
    my $reply = eval {
        if ($verb =~ /^open/) {
            my @set = $verb eq 'open-set' ? (reconnect => 60, every => 10_000) : ();
            $client = Redis->new(server => "127.0.0.1:$args[0]", @set);
            ($verb, @args) = ('call', 'ping');
        }
        shown(answer($client, $verb, @args));
    };
    $reply //= '!die:' . unpack('H*', $@);
    print "$reply\n";
}
