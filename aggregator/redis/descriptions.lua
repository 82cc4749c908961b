local DAY_MS = 86400000
local DESCRIPTION = 8 -- values of one article's description

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
