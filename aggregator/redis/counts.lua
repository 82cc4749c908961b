local EXACT_BELOW = 2 ^ 53 -- from here on a number in Lua may be another than was meant

local function refuse_number(key)
  refuse('ERR a field of ' .. key .. ' is not a whole number below 2^53')
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
    if value then sum = sum + (tonumber(value) or 0 / 0) end
    if not (sum % 1 == 0 and sum < EXACT_BELOW) then refuse_number(key) end
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

-- Adds the counts to every hash whose time is not over.
local function add_counts(changes, keys, args, articles, prefix, old, others, by_events, clock)
  local at = FIRST_GROUP_ARG
  for i = FIRST_GROUP, #keys do
    local key, expire_at = keys[i], args[at]
    if expire_at == '' or tonumber(expire_at) * 1000 > clock then
      local fields, counts = unpack_fields(args[at + 1], articles), cmsgpack.unpack(args[at + 2])
      local known = old and args[at + 1] == '' and key == prefix .. 'views' and old or nil
      if others > 0 then fields, counts = merge(fields, counts) end
      if #fields > 0 then change(changes, 'HSET', key, sums(key, fields, counts, known)) end
      if expire_at ~= '' then keep_until(changes, prefix, key:sub(#prefix + 1), expire_at, by_events) end
    end
    at = at + 3
  end
end
