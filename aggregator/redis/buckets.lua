local SWEEP_MAX = 1000  -- buckets whose time is over that one call removes
local SECONDS_DIGITS_MAX = 15 -- of a time that Redis takes for an expiry

-- Buckets are kept for their time after their end, which is set once. By the wall clock Redis lets
-- them go; by the clock of the events `sweep` does.
local function keep_until(changes, prefix, name, expire_at, by_events)
  if not expire_at:find('^%d+$') or #expire_at > SECONDS_DIGITS_MAX then
    refuse('ERR ' .. prefix .. name .. ' cannot be kept until ' .. expire_at)
  end
  if not by_events then change(changes, 'EXPIREAT', prefix .. name, { expire_at, 'NX' }) end
  if not changes.kept then
    changes.kept = {}
    change(changes, 'ZADD', prefix .. 'buckets', changes.kept, 'NX')
  end
  local kept = changes.kept
  kept[#kept + 1] = expire_at .. '000'
  kept[#kept + 1] = name
end

local function sweep(changes, prefix, now, by_events)
  local index = prefix .. 'buckets'
  local over = redis.call('ZRANGEBYSCORE', index, '-inf', decimal(now), 'LIMIT', 0, SWEEP_MAX)
  if #over == 0 then return 0 end
  if by_events then
    for _, name in ipairs(over) do change(changes, 'UNLINK', prefix .. name, {}) end
  end
  change(changes, 'ZREM', index, over)
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
  local prefix, changes = keys[1]:sub(1, -#'buckets' - 1), {}
  local now = redis.call('HGET', prefix .. 'clock', 'now')
  local over = now and sweep(changes, prefix, tonumber(now), true) or 0
  make(changes)
  return over
end

redis.register_function('pv_adopt', pv_adopt)
redis.register_function('pv_sweep', pv_sweep)
