local UNPACK_MAX = 7000 -- values that Lua can unpack in one call, below its limit of 7,998
local KNOWN_TEXTS = 32768 -- texts of numbers below this are kept: 3 MiB at most

local text = {}
local function decimal(n)
  local digits = string.format('%.0f', n)
  if n < KNOWN_TEXTS then text[n] = digits end
  return digits
end

-- Of "pv:offsets" it is "pv:".
local function prefix_of(offsets_key)
  return offsets_key:sub(1, -#'offsets' - 1)
end

-- { name, value, ... } as { name = value, ... }
local function to_map(list)
  local map = {}
  for i = 1, #list, 2 do map[list[i]] = list[i + 1] end
  return map
end

-- The MessagePack array, or none when it is the empty text.
local function list_of(packed)
  return packed == '' and {} or cmsgpack.unpack(packed)
end

local function hash_of(key)
  return to_map(redis.call('HGETALL', key))
end

-- Calls `command` on `key` with all of `values`, some thousands at a time, behind `option` if there is one.
local function call_in_parts(command, key, values, option)
  for first = 1, #values, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #values)
    if option then
      redis.call(command, key, option, unpack(values, first, last))
    else
      redis.call(command, key, unpack(values, first, last))
    end
  end
end

-- The values of `fields`, in their order; false where there is none.
local function values_of(key, fields)
  if #fields <= UNPACK_MAX then return redis.call('HMGET', key, unpack(fields)) end
  local values = {}
  for first = 1, #fields, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #fields)
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields, first, last))) do
      values[#values + 1] = value
    end
  end
  return values
end
