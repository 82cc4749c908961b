-- Announces the oldest minute that a ranker still reads; answers { commits, late }.
local function pv_announce(keys, args)
  local open_from = redis.call('HGET', keys[1], 'open_from_ms')
  if tonumber(open_from or '0') < tonumber(args[1]) then
    redis.call('HSET', keys[1], 'open_from_ms', args[1])
  end
  local marks = redis.call('HMGET', keys[1], 'commits', 'late')
  return { tonumber(marks[1] or '0'), tonumber(marks[2] or '0'), redis.call('HINCRBY', keys[1], 'looks', 1) }
end

-- Replaces a list: what leaves it and what is new or has another score. Answers 'stale' when the
-- list is not what the caller thinks. An empty `expected` replaces all of it.
local function pv_rank(keys, args)
  local list, rankings = keys[1], keys[2]
  local name, expected, stamp = args[1], args[2], args[3]
  if expected == '' then
    redis.call('UNLINK', list)
  elseif redis.call('HGET', rankings, name) ~= expected or redis.call('EXISTS', list) == 0 then
    return 'stale'
  end
  local gone, entries = cmsgpack.unpack(args[4]), cmsgpack.unpack(args[5])
  if #gone > 0 then call_in_parts('ZREM', list, gone) end
  local scored = {}
  for i = 1, #entries, 2 do
    scored[i], scored[i + 1] = entries[i + 1], entries[i]
  end
  if #scored > 0 then call_in_parts('ZADD', list, scored) end
  if redis.call('EXISTS', list) == 1 then
    redis.call('HSET', rankings, name, stamp)
  else
    redis.call('HDEL', rankings, name)
  end
  return 'ok'
end

redis.register_function('pv_announce', pv_announce)
redis.register_function('pv_rank', pv_rank)
