local SWAPPED = { 'views', 'totals', 'offsets', 'watermarks', 'origins', 'repeats', 'clock', 'buckets' }

local function total_events(prefix)
  local total = 0
  for _, value in ipairs(redis.call('HVALS', prefix .. 'totals')) do total = total + tonumber(value) end
  return total
end

-- Puts the counts under the shadow's prefix in the place of the live ones, all at once.
local function pv_swap(keys, args)
  local shadow, live = prefix_of(keys[1]), prefix_of(keys[2])
  local made = hash_of(keys[1])
  for field, offset in pairs(hash_of(keys[2])) do
    if tonumber(made[field] or '-1') < tonumber(offset) then
      return { 'behind', field, made[field] or '', offset }
    end
  end
  local now, before = total_events(shadow), total_events(live)
  if now < before and args[1] ~= 'accept-loss' then
    return { 'smaller', decimal(now), decimal(before) }
  end
  for _, name in ipairs(redis.call('ZRANGE', live .. 'buckets', 0, -1)) do
    redis.call('UNLINK', live .. name)
  end
  for _, name in ipairs(redis.call('ZRANGE', shadow .. 'buckets', 0, -1)) do
    if redis.call('EXISTS', shadow .. name) == 1 then redis.call('RENAME', shadow .. name, live .. name) end
  end
  for _, name in ipairs(SWAPPED) do
    redis.call('UNLINK', live .. name)
    if redis.call('EXISTS', shadow .. name) == 1 then redis.call('RENAME', shadow .. name, live .. name) end
  end
  redis.call('HINCRBY', live .. 'meta', 'late', 1)
  redis.call('UNLINK', shadow .. 'meta')
  return { 'ok', decimal(now), decimal(before) }
end

redis.register_function('pv_swap', pv_swap)
