#!lua name=pageviews

-- The only writer of facts. One call adds the counts of one batch of one
-- partition and moves that partition's offset, or changes nothing.
--
-- Redis does not roll back a function that fails half way, so everything that
-- can fail is done before the first write: the fence, the types of the keys, the
-- user's rights, and the new value of every field. Key names are made by the caller.
--
-- A commit costs Redis mostly the formatting of numbers and the traffic between
-- Lua and Redis, so fields travel as MessagePack arrays, each hash is read with
-- HMGET and written with HSET (one line in the append-only file for thousands
-- of fields, where HINCRBY would write one for each), and the decimal text of
-- small numbers is kept.
--
-- Facts that may be written twice without harm (who visited, what an article is
-- called) travel in the same call, behind the counts. Trending lists are no facts:
-- pv_rank replaces them, and whatever is lost of them is computed again.
--
-- Keys beside those that the caller names are made of the prefix, which is that of
-- the offsets' key, so this is a library for one Redis, not for a Redis Cluster.

local VERSION = 6
local OFFSETS, META, FIRST_GROUP = 1, 2, 3
local FIRST_GROUP_ARG = 9
local UNPACK_MAX = 7000 -- values that Lua can unpack in one call, below its limit of 7,998
local DAY_MS = 86400000
local SWEEP_MAX = 1000  -- buckets whose time is over that one call removes
local OTHER = '(other)' -- counts the views of new articles when too many came at once

local KNOWN_TEXTS = 32768 -- texts of numbers below this are kept: 3 MiB at most

local text = {}
local function decimal(n)
  local digits = string.format('%.0f', n)
  if n < KNOWN_TEXTS then text[n] = digits end
  return digits
end

-- Of "pv:offsets" it is "pv:".
local function prefix_of(offsets_key)
  return offsets_key:sub(1, -#'offsets' - 1)
end

-- { name, value, ... } as { name = value, ... }
local function to_map(list)
  local map = {}
  for i = 1, #list, 2 do map[list[i]] = list[i + 1] end
  return map
end

local function hash_of(key)
  return to_map(redis.call('HGETALL', key))
end

-- Calls `command` on `key` with all of `values`, some thousands at a time.
local function call_in_parts(command, key, values)
  for first = 1, #values, UNPACK_MAX do
    redis.call(command, key, unpack(values, first, math.min(first + UNPACK_MAX - 1, #values)))
  end
end

-- The values of `fields`, in their order; false where there is none.
local function values_of(key, fields)
  if #fields <= UNPACK_MAX then return redis.call('HMGET', key, unpack(fields)) end
  local values = {}
  for first = 1, #fields, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #fields)
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields, first, last))) do
      values[#values + 1] = value
    end
  end
  return values
end

-- New values of `fields` in the hash at `key`, as a flat field, value, ... list.
local function sums(key, fields, counts, old)
  local pairs_list = {}
  local at = 0
  if #fields == 0 then return pairs_list end
  old = old or values_of(key, fields)
  for i = 1, #fields do
    local value = old[i]
    local sum = counts[i]
    if value then
      local number = tonumber(value)
      if not number or number % 1 ~= 0 then
        return nil, 'ERR pv_commit: a field of ' .. key .. ' is not a whole number'
      end
      sum = sum + number
    end
    pairs_list[at + 1] = fields[i]
    pairs_list[at + 2] = text[sum] or decimal(sum)
    at = at + 2
  end
  return pairs_list
end

local function forbidden(command, key)
  return 'NOPERM pv_commit: this user may not use ' .. command .. ' on ' .. key
end

-- Why a write to `key` would fail, or nil.
local function obstacle(key, wanted, ...)
  local kind = redis.call('TYPE', key).ok
  if kind ~= wanted and kind ~= 'none' then
    return 'WRONGTYPE pv_commit: ' .. key .. ' is a ' .. kind .. ', not a ' .. wanted
  end
  for _, command in ipairs({ ... }) do
    if not redis.acl_check_cmd(command, key, '', '') then return forbidden(command, key) end
  end
end

local function first_obstacle(keys, prefix)
  for i = 1, #keys do
    local problem = obstacle(keys[i], 'hash', 'HSET', 'EXPIREAT', 'HINCRBY', 'HDEL')
    if problem then return problem end
  end
  for _, name in ipairs({ 'watermarks', 'origins', 'repeats', 'clock', 'sections', 'caught_up' }) do
    local problem = obstacle(prefix .. name, 'hash', 'HSET')
    if problem then return problem end
  end
  local index = prefix .. 'buckets'
  if not redis.acl_check_cmd('UNLINK', index) then return forbidden('UNLINK', index) end
  if not redis.acl_check_cmd('PFMERGE', index, index) then return forbidden('PFMERGE', index) end
  return obstacle(index, 'zset', 'ZADD', 'ZREM', 'ZRANGEBYSCORE', 'PFADD', 'SET')
end

-- The fields of one hash: all articles, some of them by index, or names of its own.
local function unpack_fields(packed, articles)
  if packed == '' then return articles end
  local fields = cmsgpack.unpack(packed)
  if type(fields[1]) == 'number' then
    for k = 1, #fields do fields[k] = articles[fields[k]] end
  end
  return fields
end

-- Adds up the counts of fields that are named more than once.
local function merge(fields, counts)
  local place, names, sums_of = {}, {}, {}
  for i = 1, #fields do
    local at = place[fields[i]]
    if not at then
      at = #names + 1
      place[fields[i]], names[at], sums_of[at] = at, fields[i], 0
    end
    sums_of[at] = sums_of[at] + counts[i]
  end
  return names, sums_of
end

-- The guard: new articles past the hour's limit become (other). Returns the views that the
-- articles have (nil when any of them was renamed), how many are new, and how many were renamed.
local function admit(articles, prefix, notes)
  if #articles == 0 then return nil, 0, 0 end
  local old = values_of(prefix .. 'views', articles)
  local new, others, room = 0, 0, nil
  for i = 1, #articles do
    if not old[i] and articles[i] ~= OTHER then
      if not room then
        local before = redis.call('HGET', prefix .. 'new_articles:' .. notes.new_day, notes.new_hour)
        room = tonumber(notes.new_max) - (tonumber(before or '0') or 0)
      end
      if new < room then
        new = new + 1
      else
        articles[i] = OTHER
        others = others + 1
      end
    end
  end
  return others == 0 and old or nil, new, others
end

-- What to write: a list of { key, when it expires, field, value, ... }, or nil and why not.
local function plan(keys, args, articles, prefix, old, others, clock)
  local groups, at = {}, FIRST_GROUP_ARG
  for i = FIRST_GROUP, #keys do
    local expire_at = args[at]
    if not clock or expire_at == '' or tonumber(expire_at) * 1000 > clock then
      local fields, counts = unpack_fields(args[at + 1], articles), cmsgpack.unpack(args[at + 2])
      local known = old and args[at + 1] == '' and keys[i] == prefix .. 'views' and old or nil
      if others > 0 then fields, counts = merge(fields, counts) end
      local values, problem = sums(keys[i], fields, counts, known)
      if not values then return nil, problem end
      groups[#groups + 1] = { keys[i], expire_at, values }
    end
    at = at + 3
  end
  return groups
end

-- Buckets are kept for their time after their end. By the wall clock Redis lets them go; by the
-- clock of the events `sweep` does.
local function write(groups, prefix, by_events)
  local index = prefix .. 'buckets'
  for _, group in ipairs(groups) do
    local key, expire_at, values = group[1], group[2], group[3]
    call_in_parts('HSET', key, values)
    if expire_at ~= '' then
      if not by_events then redis.call('EXPIREAT', key, expire_at, 'NX') end
      redis.call('ZADD', index, 'NX', expire_at .. '000', key:sub(#prefix + 1))
    end
  end
end

local function sweep(prefix, now, by_events)
  local index = prefix .. 'buckets'
  local over = redis.call('ZRANGEBYSCORE', index, '-inf', decimal(now), 'LIMIT', 0, SWEEP_MAX)
  for _, name in ipairs(over) do
    if by_events then redis.call('UNLINK', prefix .. name) end
    redis.call('ZREM', index, name)
  end
  return #over
end

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

-- The hour and the offset of "1795525200000/42"; 0 and -1, which are before all, when there are none.
local function moment(at)
  local slash = at and at:find('/', 1, true)
  if not slash then return 0, -1 end
  return tonumber(at:sub(1, slash - 1)) or 0, tonumber(at:sub(slash + 1)) or -1
end

-- True when what was said `at` is of a later event than what is stored.
local function is_later(at, stored)
  if not stored then return true end
  local hour, offset = moment(at)
  local hour_before, offset_before = moment(stored)
  return hour > hour_before or (hour == hour_before and offset > offset_before)
end

local DESCRIPTION = 8 -- values of one article's description

-- The fields that a description changes, as field, value, ...
local function described(first_ms, last_ms, title, title_at, section, section_at, stored)
  local first_before, last_before = tonumber(stored[1] or nil), tonumber(stored[2] or nil)
  local changes, n = {}, 0
  local function change(name, value)
    changes[n + 1], changes[n + 2] = name, value
    n = n + 2
  end
  if not first_before or tonumber(first_ms) < first_before then change('first_seen', first_ms) end
  if not last_before or tonumber(last_ms) > last_before then change('last_seen', last_ms) end
  if title ~= '' and is_later(title_at, stored[3]) then
    change('title', title)
    change('title_at', title_at)
  end
  if section ~= '' and is_later(section_at, stored[4]) then
    change('section', section)
    change('section_at', section_at)
  end
  return changes
end

-- What an article is called, where it belongs, and when it was read: each of the latest event
-- that says so, in the order of (hour, offset). Appends to `sections` what changed of them. Its
-- expiry moves once a day: most calls are two commands.
local function describe(stem, articles, list, at, sections)
  local article = articles[list[at]]
  if article == OTHER then return end
  local first_ms, last_ms, expire_at = list[at + 1], list[at + 2], list[at + 3]
  local title, title_at, section, section_at = list[at + 4], list[at + 5], list[at + 6], list[at + 7]
  local key = stem .. article
  local stored = redis.call('HMGET', key, 'first_seen', 'last_seen', 'title_at', 'section_at')
  local last_before = stored[2]
  if not last_before and title ~= '' and section ~= '' then -- a new one, the dearest case
    redis.call('HSET', key, 'first_seen', first_ms, 'last_seen', last_ms, 'title', title, 'title_at', title_at,
      'section', section, 'section_at', section_at)
  else
    local changes = described(first_ms, last_ms, title, title_at, section, section_at, stored)
    if #changes > 0 then redis.call('HSET', key, unpack(changes)) end
  end
  if section ~= '' and is_later(section_at, stored[4]) then
    sections[#sections + 1] = article
    sections[#sections + 1] = section
  end
  if not last_before or math.floor(last_ms / DAY_MS) > math.floor(last_before / DAY_MS) then
    redis.call('EXPIREAT', key, expire_at)
  end
end

-- Where there is nothing yet the sketch is the value, with its expiry. Elsewhere it is merged: PFMERGE
-- takes keys only, so it is one for a moment. True when it became the value.
local function merge_sketch(prefix, key, sketch, expire_at)
  if expire_at ~= '' then
    if redis.call('SET', key, sketch, 'NX', 'EXAT', expire_at) then return true end
  elseif redis.call('SET', key, sketch, 'NX') then
    return true
  end
  local source = prefix .. 'sketch'
  redis.call('SET', source, sketch)
  local answer = redis.pcall('PFMERGE', key, source)
  redis.call('DEL', source)
  if answer.err then error(answer) end
end

-- Adds to the HyperLogLog that `list` names from `at` on: key or stem, place in articles or 0 for
-- the site, when it expires or nothing, how many elements, and the elements; or 0 and a sketch.
local function add_visitors(prefix, articles, list, at)
  local key, article, expire_at, count = list[at], list[at + 1], list[at + 2], list[at + 3]
  if article > 0 then
    if articles[article] == OTHER then return end
    key = key .. articles[article]
  end
  if count == 0 then
    if merge_sketch(prefix, key, list[at + 4], expire_at) then return end
  else
    local last = at + 3 + count
    for first = at + 4, last, UNPACK_MAX do
      redis.call('PFADD', key, unpack(list, first, math.min(first + UNPACK_MAX - 1, last)))
    end
  end
  if expire_at ~= '' then redis.call('EXPIREAT', key, expire_at, 'NX') end
end

-- Counts are never held up by a fact that cannot be written: somebody else's key is in its place.
-- `wait_as` is empty, or the field under which the visitors wait to be merged by pv_visit.
local function write_facts(prefix, articles, descriptions, visitors, wait_as)
  local failed, first_error = 0, ''
  local function try(write_one, ...)
    local done, problem = pcall(write_one, ...)
    if not done then
      failed = failed + 1
      if first_error == '' then first_error = type(problem) == 'table' and problem.err or tostring(problem) end
    end
  end
  if descriptions ~= '' then
    local list = cmsgpack.unpack(descriptions)
    local stem = list[1]
    local facts_prefix = stem:sub(1, -#'article:' - 1)
    local sections = {}
    for at = 2, #list, DESCRIPTION do try(describe, stem, articles, list, at, sections) end
    if #sections > 0 then try(call_in_parts, 'HSET', facts_prefix .. 'sections', sections) end
  end
  if visitors ~= '' and wait_as ~= '' then
    try(redis.call, 'HSET', prefix .. 'waiting', wait_as, visitors)
  elseif visitors ~= '' then
    local list = cmsgpack.unpack(visitors)
    local at = 1
    while at <= #list do
      try(add_visitors, prefix, articles, list, at)
      at = at + 4 + math.max(list[at + 3], 1)
    end
  end
  return failed, first_error
end

local function count_new(prefix, notes, new)
  if new == 0 then return end
  local name = 'new_articles:' .. notes.new_day
  redis.call('HINCRBY', prefix .. name, notes.new_hour, new)
  redis.call('ZADD', prefix .. 'buckets', 'NX', notes.new_expires .. '000', name)
  if notes.clock ~= 'event' then redis.call('EXPIREAT', prefix .. name, notes.new_expires, 'NX') end
end

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

-- Writes visitors that waited, and removes what they waited as. An article that pv:views does not
-- have was not admitted.
local function pv_visit(keys, args)
  local prefix = prefix_of(keys[OFFSETS])
  local articles = cmsgpack.unpack(args[1])
  if #articles > 0 then
    for i, views in ipairs(values_of(prefix .. 'views', articles)) do
      if not views then articles[i] = OTHER end
    end
  end
  local failed, first_error = write_facts(prefix, articles, '', args[2], '')
  if args[3] ~= '' then redis.call('HDEL', prefix .. 'waiting', unpack(cmsgpack.unpack(args[3]))) end
  return { failed, first_error }
end

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

-- Takes or keeps a lock for `ttl` ms, 0 to give it back; 1 when it is the caller's.
local function pv_hold(keys, args)
  local owner = redis.call('GET', keys[1])
  if owner and owner ~= args[1] and redis.call('PTTL', keys[1]) > 0 then return 0 end
  if args[2] == '0' then
    redis.call('DEL', keys[1])
  else
    redis.call('SET', keys[1], args[1], 'PX', args[2])
  end
  return 1
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

redis.register_function('pv_commit', pv_commit)
redis.register_function('pv_visit', pv_visit)
redis.register_function('pv_announce', pv_announce)
redis.register_function('pv_rank', pv_rank)
redis.register_function('pv_also', pv_also)
redis.register_function('pv_hold', pv_hold)
redis.register_function('pv_adopt', pv_adopt)
redis.register_function('pv_swap', pv_swap)
redis.register_function('pv_sweep', pv_sweep)
redis.register_function {
  function_name = 'pv_version',
  callback = function() return VERSION end,
  flags = { 'no-writes' },
}
