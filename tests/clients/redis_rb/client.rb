# redis-rb, told what to do by ../driver.ts: one line in, one line out.
require "redis"

$stdout.sync = true

def shown(value)
  case value
  when nil then "_"
  when Integer then ":#{value}"
  when Array then ["*#{value.length}", *value.map { |part| shown(part) }].join(" ")
  else "$" + value.to_s.unpack1("H*")
  end
end

def push_all(client, queue, count)
  client.pipelined { |pipeline| count.times { |i| pipeline.call("QLPUSH", queue, i, i) } }
end

client = nil
$stdin.each_line do |line|
  verb, *words = line.split
  args = words.map { |word| word == "-" ? "" : [word].pack("H*") }
  reply = case verb
          when "version" then Redis::VERSION
          when "open" then (client = Redis.new(port: args[0].to_i)).ping
          when "open-set" then (client = Redis.new(port: args[0].to_i, read_timeout: 0)).ping
          when "pipeline" then push_all(client, args[0], args[1].to_i)
          else client.call(*args)
          end
  puts shown(reply)
rescue Redis::BaseError => e
  puts "!#{e.class}:#{e.message.unpack1("H*")}"
end
