-- Commands that commits need, if not each of them: who may not use one is told so at once.
local NEEDED = { 'HSET', 'HSETNX', 'HDEL', 'EXPIREAT', 'ZADD', 'ZREM', 'UNLINK', 'SET', 'DEL', 'PFADD', 'PFMERGE' }

local function need_rights(key)
  for _, command in ipairs(NEEDED) do need_right(command, key, key) end
end

-- Where the partition's counts began, and from where the memory of visits is read again.
local function note_offsets(changes, prefix, field, notes, from)
  if from == '' and notes.origin then change(changes, 'HSETNX', prefix .. 'origins', { field, notes.origin }) end
  if notes.repeats_from then
    change(changes, 'HSET', prefix .. 'repeats', { field, notes.repeats_from })
  else
    change(changes, 'HDEL', prefix .. 'repeats', { field })
  end
end

-- When each partition was last known to be counted to the end of its log, and in the meta hash since when
-- all of them are. So a partition that nobody reads holds it back.
local function note_end(changes, meta, prefix, field, notes)
  if not notes.caught_up then return end
  local topic, ends = field:match('^(.*)/%d+$') or field, prefix .. 'caught_up'
  local times, oldest = hash_of(ends), tonumber(notes.caught_up)
  times[field] = notes.caught_up
  change(changes, 'HSET', ends, { field, notes.caught_up })
  for partition = 0, tonumber(notes.partitions) - 1 do
    oldest = math.min(oldest, tonumber(times[topic .. '/' .. partition] or '0') or 0)
  end
  if oldest > 0 then change(changes, 'HSET', meta, { 'caught_up_ms', decimal(oldest) }) end
end

-- Counts the commits for the ranker, and those that touch a minute that it does not read again.
local function mark_commit(changes, meta, notes, now)
  local open_from = tonumber(redis.call('HGET', meta, 'open_from_ms') or '0') or 0
  local late = notes.oldest and tonumber(notes.oldest) < open_from
  change(changes, 'HSET', meta, { 'last_commit_ms', now })
  change(changes, 'HSET', meta, sums(meta, late and { 'commits', 'late' } or { 'commits' }, { 1, 1 }))
end

-- Asks whether the fence still stands, and tells that the log has nothing more.
local function ask(keys, prefix, field, notes, now)
  local changes = {}
  if notes.clock == 'event' then
    sweep(changes, prefix, keep_time(changes, prefix, field, notes, now), true)
  end
  note_end(changes, keys[META], prefix, field, notes)
  make(changes)
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
  if from == to then
    ask(keys, prefix, field, notes, now)
    return { 'already', stored }
  end

  need_rights(prefix .. 'buckets')
  local articles, changes = cmsgpack.unpack(args[5]), {}
  local waits = notes.visits == 'wait' and args[8] ~= ''
  local waiting = waits and { field .. '/' .. to, args[8] } or {}
  local descriptions, visitors = list_of(args[7]), waits and {} or list_of(args[8])
  local by_events = notes.clock == 'event'
  local clock = keep_time(changes, prefix, field, notes, now)
  local old, new, others = nil, 0, 0
  if notes.new_max then old, new, others = admit(articles, prefix, notes) end
  add_counts(changes, keys, args, articles, prefix, old, others, by_events, clock)
  count_new(changes, prefix, notes, new)
  note_offsets(changes, prefix, field, notes, from)
  mark_commit(changes, keys[META], notes, now)
  change(changes, 'HSET', keys[OFFSETS], { field, to })
  sweep(changes, prefix, clock, by_events)
  make(changes)
  local failed, first_error = write_facts(prefix, articles, descriptions, visitors, waiting)
  return { 'ok', to, others, failed, first_error, clock }
end

redis.register_function('pv_commit', pv_commit)
