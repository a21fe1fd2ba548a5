# Consumes mails with redis-rb: ruby examples/consumer.rb [port]
require "redis"

$stdout.sync = true
PORT = (ARGV[0] || 4777).to_i

def handle(id, contents)
  puts "#{id}: #{contents}"
end

def consume(queue)
  # Does not reconnect by itself, because QREGISTER must come first. QNOTIFY takes up to ten seconds.
  okq = Redis.new(port: PORT, reconnect_attempts: 0, read_timeout: 15)
  okq.call("QREGISTER", queue)
  loop do
    next if okq.call("QNOTIFY", 10).nil?
    while (event = okq.call("QRPOP", queue, "EX", 60))
      id, contents = event
      begin
        handle(id, contents)
      rescue StandardError => e
        warn "#{id} failed: #{e.message}"
        sleep 1 # because the event is the next one popped
        okq.call("QACK", queue, id, "REDO")
      else
        okq.call("QACK", queue, id)
      end
    end
  end
ensure
  okq&.close
end

begin
  consume("mails")
rescue Redis::BaseError => e
  warn "trying again in a second: #{e.message}"
  sleep 1
  retry
end
