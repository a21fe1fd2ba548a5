-- What only the looks and moves need to know of an event, besides events.lua. Takes what `events` holds of it.

-- How long ago an event was pushed, in milliseconds.
local function age_of(value)
  return math.max(0, math.floor((microseconds - struct.unpack('>I7', value)) / 1000))
end

-- What stands behind the head.
local function contents_of(value)
  return value:sub(byte(value, KIND) == 0 and KIND + 1 or KIND + 7)
end
