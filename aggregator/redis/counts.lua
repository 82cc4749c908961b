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
