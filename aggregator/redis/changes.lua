-- A change is { command, key, { argument, ... }, option or nil }. A call collects its changes, and `make` makes all
-- of them or none.
local KIND = { HSET = 'hash', HSETNX = 'hash', HDEL = 'hash', ZADD = 'zset', ZREM = 'zset' }

local function change(changes, command, key, values, option)
  changes[#changes + 1] = { command, key, values, option }
end

local function refuse(why)
  error({ err = why })
end

local function need_right(command, key, ...)
  if not redis.acl_check_cmd(command, key, ...) then
    refuse('NOPERM this user may not use ' .. command .. ' on ' .. key)
  end
end

-- Refuses what would fail: for the kind of a key, or for want of a right.
local function check(changes)
  local kinds = {}
  for _, planned in ipairs(changes) do
    local command, key, values = planned[1], planned[2], planned[3]
    local wanted = KIND[command]
    if wanted then
      local kind = kinds[key] or redis.call('TYPE', key).ok
      if kind ~= wanted and kind ~= 'none' then
        refuse('WRONGTYPE ' .. key .. ' is a ' .. kind .. ', not a ' .. wanted)
      end
      kinds[key] = wanted
    end
    need_right(command, key, unpack(values, 1, math.min(#values, 2)))
  end
end

local function make(changes)
  check(changes)
  for _, planned in ipairs(changes) do
    local command, key, values, option = planned[1], planned[2], planned[3], planned[4]
    if #values == 0 then
      redis.call(command, key)
    else
      call_in_parts(command, key, values, option)
    end
  end
end
