-- The clock of events: the lowest watermark over the partitions that are not idle. When all are,
-- it is the highest. It never goes back.
local function advance_clock(prefix, field, notes)
  local topic = field:match('^(.*)/%d+$') or field
  local marks, state = hash_of(prefix .. 'watermarks'), hash_of(prefix .. 'clock')
  local lowest, highest = nil, 0
  for partition = 0, tonumber(notes.partitions) - 1 do
    local name = topic .. '/' .. partition
    local mark = tonumber(marks[name] or '0') or 0
    highest = math.max(highest, mark)
    if state[name] ~= 'idle' then lowest = math.min(lowest or mark, mark) end
  end
  local now, before = lowest or highest, tonumber(state.now or '0') or 0
  if now <= before then return before end
  redis.call('HSET', prefix .. 'clock', 'now', decimal(now))
  return now
end

-- Follows the partition's watermark and, by the clock of the events, that clock.
local function keep_time(prefix, field, notes, now)
  if notes.watermark then
    local before = tonumber(redis.call('HGET', prefix .. 'watermarks', field) or '-1') or -1
    if tonumber(notes.watermark) > before then
      redis.call('HSET', prefix .. 'watermarks', field, notes.watermark)
    end
  end
  if notes.clock ~= 'event' then
    sweep(prefix, now, false)
    return now
  end
  if notes.idle then
    redis.call('HSET', prefix .. 'clock', field, 'idle')
  else
    redis.call('HDEL', prefix .. 'clock', field)
  end
  local clock = advance_clock(prefix, field, notes)
  sweep(prefix, clock, true)
  return clock
end
