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
