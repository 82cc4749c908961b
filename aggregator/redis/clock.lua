-- The lowest watermark over the partitions that are not idle. When all are, it is the highest.
local function lowest_mark(marks, state, field, partitions)
  local topic = field:match('^(.*)/%d+$') or field
  local lowest, highest = nil, 0
  for partition = 0, partitions - 1 do
    local name = topic .. '/' .. partition
    local mark = tonumber(marks[name] or '0') or 0
    highest = math.max(highest, mark)
    if state[name] ~= 'idle' then lowest = math.min(lowest or mark, mark) end
  end
  return lowest or highest
end

-- The clock of events, which never goes back, with what the partition's notes say.
local function advance_clock(changes, prefix, field, notes, mark)
  local key = prefix .. 'clock'
  local marks, state = hash_of(prefix .. 'watermarks'), hash_of(key)
  marks[field], state[field] = mark, notes.idle and 'idle'
  if notes.idle then
    change(changes, 'HSET', key, { field, 'idle' })
  else
    change(changes, 'HDEL', key, { field })
  end
  local now, before = lowest_mark(marks, state, field, tonumber(notes.partitions)), tonumber(state.now or '0') or 0
  if now <= before then return before end
  change(changes, 'HSET', key, { 'now', decimal(now) })
  return now
end

-- Follows the partition's watermark; returns the time of the counts: `now`, or that of the events.
local function keep_time(changes, prefix, field, notes, now)
  local key = prefix .. 'watermarks'
  local mark = redis.call('HGET', key, field) or nil
  if notes.watermark and tonumber(notes.watermark) > (tonumber(mark or '-1') or -1) then
    mark = notes.watermark
    change(changes, 'HSET', key, { field, mark })
  end
  if notes.clock ~= 'event' then return tonumber(now) end
  return advance_clock(changes, prefix, field, notes, mark)
end
