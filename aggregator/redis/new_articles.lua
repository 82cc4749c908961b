local OTHER = '(other)' -- counts the views of new articles when too many came at once

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

local function count_new(changes, prefix, notes, new)
  if new == 0 then return end
  local name = 'new_articles:' .. notes.new_day
  change(changes, 'HSET', prefix .. name, sums(prefix .. name, { notes.new_hour }, { new }))
  keep_until(changes, prefix, name, notes.new_expires, notes.clock == 'event')
end
