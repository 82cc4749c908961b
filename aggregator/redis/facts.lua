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
