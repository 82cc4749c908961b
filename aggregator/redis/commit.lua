-- Where the partition's counts began, and from where the memory of visits is read again.
local function note_offsets(prefix, field, notes, from)
  if from == '' and notes.origin then redis.call('HSETNX', prefix .. 'origins', field, notes.origin) end
  if notes.repeats_from then
    redis.call('HSET', prefix .. 'repeats', field, notes.repeats_from)
  else
    redis.call('HDEL', prefix .. 'repeats', field)
  end
end

-- When each partition was last known to be counted to the end of its log, and in the meta hash since when
-- all of them are. So a partition that nobody reads holds it back.
local function note_end(meta, prefix, field, notes)
  if not notes.caught_up then return end
  local topic, ends = field:match('^(.*)/%d+$') or field, prefix .. 'caught_up'
  redis.call('HSET', ends, field, notes.caught_up)
  local times, oldest = hash_of(ends), tonumber(notes.caught_up)
  for partition = 0, tonumber(notes.partitions) - 1 do
    oldest = math.min(oldest, tonumber(times[topic .. '/' .. partition] or '0') or 0)
  end
  if oldest > 0 then redis.call('HSET', meta, 'caught_up_ms', decimal(oldest)) end
end

-- Counts the commits for the ranker, and those that touch a minute that it does not read again.
local function mark_commit(meta, notes, now)
  redis.call('HSET', meta, 'last_commit_ms', now)
  redis.call('HINCRBY', meta, 'commits', 1)
  if not notes.oldest then return end
  local open_from = tonumber(redis.call('HGET', meta, 'open_from_ms') or '0') or 0
  if tonumber(notes.oldest) < open_from then redis.call('HINCRBY', meta, 'late', 1) end
end

local function pv_commit(keys, args)
  local field, from, to, now = args[1], args[2], args[3], args[4]
  local prefix = prefix_of(keys[OFFSETS])
  local notes = to_map(cmsgpack.unpack(args[6]))
  local stored = redis.call('HGET', keys[OFFSETS], field) or ''
  if stored ~= from then
    if stored == to then return { 'already', stored } end
    return { 'stale', stored }
  end
  if from == to then -- only asks whether the fence still stands
    if notes.clock == 'event' then keep_time(prefix, field, notes, now) end
    note_end(keys[META], prefix, field, notes)
    return { 'already', stored }
  end

  local problem = first_obstacle(keys, prefix)
  if problem then return redis.error_reply(problem) end
  local by_events = notes.clock == 'event'
  local clock = by_events and tonumber(redis.call('HGET', prefix .. 'clock', 'now') or '0') or nil
  local articles = cmsgpack.unpack(args[5])
  local old, new, others = nil, 0, 0
  if notes.new_max then old, new, others = admit(articles, prefix, notes) end
  local groups
  groups, problem = plan(keys, args, articles, prefix, old, others, clock)
  if not groups then return redis.error_reply(problem) end

  write(groups, prefix, by_events)
  count_new(prefix, notes, new)
  note_offsets(prefix, field, notes, from)
  mark_commit(keys[META], notes, now)
  redis.call('HSET', keys[OFFSETS], field, to)
  clock = keep_time(prefix, field, notes, tonumber(now))
  local wait_as = notes.visits == 'wait' and field .. '/' .. to or ''
  local failed, first_error = write_facts(prefix, articles, args[7], args[8], wait_as)
  return { 'ok', to, others, failed, first_error, clock }
end

redis.register_function('pv_commit', pv_commit)
