-- What Redis gives a script.
std = "lua51"
read_globals = { "redis", "KEYS", "ARGV", "cmsgpack", "struct" }

-- Parts of one text, which use what other parts define. To check that whole:
--   deno eval 'console.log((await import("./store/redis/script/queue_script.ts")).QUEUE_SOURCE)' | luacheck -
files["store/redis/lua"] = { ignore = { "11.", "211", "221", "231", "241" } }
