local ALSO_CHANGED_MAX = 20000 -- articles whose "also read" changed last that are remembered

-- Replaces what readers of an article also read, and notes that it changed: at `now` in ms, or 1 ms
-- after the latest change if that is later, so that no two are at the same time.
local function pv_also(keys, args)
  local list, changed = keys[1], keys[2]
  local article, now, expires_at, entries = args[1], tonumber(args[2]), args[3], cmsgpack.unpack(args[4])
  redis.call('UNLINK', list)
  if #entries > 0 then
    local scored = {}
    for i = 1, #entries, 2 do
      scored[i], scored[i + 1] = entries[i + 1], entries[i]
    end
    redis.call('ZADD', list, unpack(scored))
    redis.call('PEXPIREAT', list, expires_at)
  end
  local latest = redis.call('ZRANGE', changed, -1, -1, 'WITHSCORES')
  redis.call('ZADD', changed, decimal(math.max(now, tonumber(latest[2] or '0') + 1)), article)
  redis.call('PEXPIREAT', changed, expires_at)
  for _, oldest in ipairs(redis.call('ZRANGE', changed, 0, -ALSO_CHANGED_MAX - 1)) do
    redis.call('ZREM', changed, oldest)
  end
  return 'ok'
end

redis.register_function('pv_also', pv_also)
