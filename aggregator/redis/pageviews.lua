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

local VERSION = 1
local OFFSETS, META, FIRST_GROUP = 1, 2, 3
local UNPACK_MAX = 7000 -- values that Lua can unpack in one call, below its limit of 7,998

local KNOWN_TEXTS = 32768 -- texts of numbers below this are kept: 3 MiB at most

local text = {}
local function decimal(n)
  local digits = string.format('%.0f', n)
  if n < KNOWN_TEXTS then text[n] = digits end
  return digits
end

-- New values of `fields` in the hash at `key`, as a flat field, value, ... list.
local function sums(key, fields, counts)
  local pairs_list, call, n = {}, redis.call, #fields
  local at = 0
  for first = 1, n, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, n)
    local old = call('HMGET', key, unpack(fields, first, last))
    for i = first, last do
      local value = old[i - first + 1]
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
  end
  return pairs_list
end

-- Why a write to `key` would fail, or nil.
local function obstacle(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'hash' and kind ~= 'none' then
    return 'WRONGTYPE pv_commit: ' .. key .. ' is a ' .. kind .. ', not a hash'
  end
  if not (redis.acl_check_cmd('HSET', key, '', '') and redis.acl_check_cmd('EXPIREAT', key, 0, 'NX')) then
    return 'NOPERM pv_commit: this user may not use HSET and EXPIREAT on ' .. key
  end
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

-- What to write: a list of { key, when it expires, field, value, ... }, or nil and why not.
local function plan(keys, args)
  local articles = cmsgpack.unpack(args[5])
  local groups, at = {}, 6
  for i = FIRST_GROUP, #keys do
    local fields = unpack_fields(args[at + 1], articles)
    local values, problem = sums(keys[i], fields, cmsgpack.unpack(args[at + 2]))
    if not values then return nil, problem end
    groups[#groups + 1] = { keys[i], args[at], values }
    at = at + 3
  end
  return groups
end

local function write(groups)
  for _, group in ipairs(groups) do
    local key, expire_at, values = group[1], group[2], group[3]
    for first = 1, #values, UNPACK_MAX do
      redis.call('HSET', key, unpack(values, first, math.min(first + UNPACK_MAX - 1, #values)))
    end
    if expire_at ~= '' then redis.call('EXPIREAT', key, expire_at, 'NX') end
  end
end

local function pv_commit(keys, args)
  local field, from, to, now = args[1], args[2], args[3], args[4]
  local stored = redis.call('HGET', keys[OFFSETS], field) or ''
  if stored ~= from then
    if stored == to then return { 'already', stored } end
    return { 'stale', stored }
  end
  if from == to then return { 'already', stored } end -- only asks whether the fence still stands

  for i = 1, #keys do
    local problem = obstacle(keys[i])
    if problem then return redis.error_reply(problem) end
  end
  local groups, problem = plan(keys, args)
  if not groups then return redis.error_reply(problem) end

  write(groups)
  redis.call('HSET', keys[META], 'last_commit_ms', now)
  redis.call('HSET', keys[OFFSETS], field, to)
  return { 'ok', to }
end

redis.register_function('pv_commit', pv_commit)
redis.register_function {
  function_name = 'pv_version',
  callback = function() return VERSION end,
  flags = { 'no-writes' },
}
