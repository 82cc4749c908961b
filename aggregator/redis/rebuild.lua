local SWAPPED = { 'views', 'totals', 'offsets', 'watermarks', 'origins', 'repeats', 'clock', 'buckets' }

local function total_events(key)
  local total = 0
  for _, value in ipairs(redis.call('HVALS', key)) do
    total = total + (tonumber(value) or refuse_number(key))
  end
  return total % 1 == 0 and total < EXACT_BELOW and total or refuse_number(key)
end

local function take(changes, from, to)
  if redis.call('EXISTS', from) == 1 then change(changes, 'RENAME', from, { to }) end
end

-- Puts the counts under the shadow's prefix in the place of the live ones, all at once.
local function pv_swap(keys, args)
  local shadow, live = prefix_of(keys[1]), prefix_of(keys[2])
  local made = hash_of(keys[1])
  for field, offset in pairs(hash_of(keys[2])) do
    if (tonumber(made[field] or '-1') or -1) < (tonumber(offset) or refuse_number(keys[2])) then
      return { 'behind', field, made[field] or '', offset }
    end
  end
  local now, before = total_events(shadow .. 'totals'), total_events(live .. 'totals')
  if now < before and args[1] ~= 'accept-loss' then
    return { 'smaller', decimal(now), decimal(before) }
  end
  local changes = {}
  for _, name in ipairs(redis.call('ZRANGE', live .. 'buckets', 0, -1)) do
    change(changes, 'UNLINK', live .. name, {})
  end
  for _, name in ipairs(redis.call('ZRANGE', shadow .. 'buckets', 0, -1)) do
    take(changes, shadow .. name, live .. name)
  end
  for _, name in ipairs(SWAPPED) do
    change(changes, 'UNLINK', live .. name, {})
    take(changes, shadow .. name, live .. name)
  end
  change(changes, 'HSET', live .. 'meta', sums(live .. 'meta', { 'late' }, { 1 }))
  change(changes, 'UNLINK', shadow .. 'meta', {})
  make(changes)
  return { 'ok', decimal(now), decimal(before) }
end

redis.register_function('pv_swap', pv_swap)
