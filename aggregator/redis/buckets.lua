local SWEEP_MAX = 1000  -- buckets whose time is over that one call removes

local function sweep(prefix, now, by_events)
  local index = prefix .. 'buckets'
  local over = redis.call('ZRANGEBYSCORE', index, '-inf', decimal(now), 'LIMIT', 0, SWEEP_MAX)
  for _, name in ipairs(over) do
    if by_events then redis.call('UNLINK', prefix .. name) end
    redis.call('ZREM', index, name)
  end
  return #over
end

-- Buckets that were counted by the clock of events get their expiry by the wall clock.
local function pv_adopt(keys)
  local prefix = keys[1]:sub(1, -#'buckets' - 1)
  local list = redis.call('ZRANGE', keys[1], 0, -1, 'WITHSCORES')
  local adopted = 0
  for i = 1, #list, 2 do
    adopted = adopted + redis.call('PEXPIREAT', prefix .. list[i], decimal(tonumber(list[i + 1])), 'NX')
  end
  return adopted
end

-- Removes buckets whose time is over by the clock of events; answers how many.
local function pv_sweep(keys)
  local prefix = keys[1]:sub(1, -#'buckets' - 1)
  local now = redis.call('HGET', prefix .. 'clock', 'now')
  return now and sweep(prefix, tonumber(now), true) or 0
end

redis.register_function('pv_adopt', pv_adopt)
redis.register_function('pv_sweep', pv_sweep)
