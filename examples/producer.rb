# Pushes mails with redis-rb: ruby examples/producer.rb [port]
require "redis"

# Does not retry by itself: push does, because it knows what the replies mean.
OKQ = Redis.new(port: (ARGV[0] || 4777).to_i, reconnect_attempts: 0)

# Pushes an event once, even if a reply is lost or the program is run again.
def push(queue, id, contents)
  OKQ.call("QLPUSH", queue, id, contents)
rescue Redis::BaseConnectionError => e
  warn "trying again: #{e.message}"
  sleep 0.5
  retry
rescue Redis::CommandError => e
  return if e.message.start_with?("ERR duplicate event") # an earlier attempt or run has pushed it
  raise unless e.message.start_with?("UNAVAILABLE")
  sleep 0.5
  retry
end

(1..3).each do |order|
  push("mails", "order-#{order}", "Order #{order} for ann@example.com")
  puts "pushed order-#{order}"
end
