# Consumes mails with redis-rb: ruby examples/consumer.rb [port]
#
# A mail that fails comes again after 2, 4, 8 ... seconds. To let it die after five attempts, send this once:
# QCONFIG SET mails max-attempts 5
require "redis"

$stdout.sync = true
LEASE = 30 # seconds after which the mail of a killed consumer comes again
BLOCK = 10 # seconds; less than read_timeout, which is 5 by default

def connect(reconnect_attempts)
  Redis.new(port: (ARGV[0] || 4777).to_i, reconnect_attempts: reconnect_attempts, read_timeout: BLOCK + 5)
end

OKQ = connect(3) # may send its commands again, as the receipt names the delivery
$stopping = false
$waiting = 0 # id of the connection that waits for mails

def handle(id, contents)
  puts "#{id}: #{contents}"
end

# Handles an event, renews its lease meanwhile, and settles it.
def process(queue, id, contents, attempt, receipt)
  delivery = [queue, id, "RECEIPT", receipt]
  renewing = Thread.new do
    loop do
      sleep LEASE / 3.0
      OKQ.call("QTOUCH", *delivery, "EX", LEASE)
    rescue Redis::BaseError => e
      warn "the next one may be in time: #{e.message}"
    end
  end
  begin
    handle(id, contents)
  rescue StandardError => e
    warn "#{id} failed at attempt #{attempt}: #{e.message}"
    OKQ.call("QNACK", *delivery, "DELAY", [2**attempt, 600].min, "REASON", e.message)
  else
    OKQ.call("QACK", *delivery)
  end
ensure
  renewing.kill
end

def consume(queue)
  claims = connect(0) # QCLAIM blocks its connection, so that is not the one of the other commands
  $waiting = claims.call("CLIENT", "ID")
  claims.call("QREGISTER", queue) # to be counted as a consumer
  until $stopping
    (claims.call("QCLAIM", "EX", LEASE, "BLOCK", BLOCK, "QUEUES", queue) || []).each do |event|
      if $stopping
        OKQ.call("QACK", event[0], event[1], "REDO", "RECEIPT", event[4])
      else
        process(*event)
      end
    end
  end
ensure
  claims&.close
end

consumer = Thread.new do
  consume("mails") until $stopping
rescue Redis::BaseError => e
  warn "trying again in a second: #{e.message}"
  sleep 1
  retry
end

signals = Queue.new
%w[TERM INT].each { |name| trap(name) { signals << name } }
signals.pop
$stopping = true # finishes the mail in hand
until consumer.join(0.5)
  begin
    OKQ.call("CLIENT", "UNBLOCK", $waiting) # ends QCLAIM
  rescue Redis::BaseError => e
    warn "trying again: #{e.message}"
  end
end
