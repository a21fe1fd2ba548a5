-- Lua 5.1 with what Redis gives a script.
std = "lua51"
read_globals = { "redis", "KEYS", "ARGV", "cmsgpack", "struct" }
