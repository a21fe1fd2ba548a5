# Pushes mails with redis-rb: ruby examples/producer.rb [port]
require "redis"

# Does not retry by itself: push does, because it knows what the replies mean.
OKQ = Redis.new(port: (ARGV[0] || 4777).to_i, reconnect_attempts: 0)

# Pushes an event once, even if a reply is lost.
def push(queue, id, contents)
  may_be_there = false
  begin
    OKQ.call("QLPUSH", queue, id, contents)
  rescue Redis::BaseConnectionError
    may_be_there = true
    sleep 0.5
    retry
  rescue Redis::CommandError => e
    return if may_be_there && e.message.start_with?("ERR duplicate event") # the earlier attempt had succeeded
    raise unless e.message.start_with?("UNAVAILABLE")
    may_be_there ||= !e.message.include?("Nothing was done")
    sleep 0.5
    retry
  end
end

(1..3).each do |order|
  push("mails", "order-#{order}", "Order #{order} for ann@example.com")
  puts "pushed order-#{order}"
end
