-- Writes descriptions, visitors, and as field and value the visitors that wait to be merged by pv_visit.
-- Counts are never held up by a fact that cannot be written: somebody else's key is in its place.
local function write_facts(prefix, articles, descriptions, visitors, waiting)
  local failed, first_error = 0, ''
  local function try(write_one, ...)
    local done, problem = pcall(write_one, ...)
    if not done then
      failed = failed + 1
      if first_error == '' then first_error = type(problem) == 'table' and problem.err or tostring(problem) end
    end
  end
  if #descriptions > 0 then
    local stem = descriptions[1]
    local facts_prefix = stem:sub(1, -#'article:' - 1)
    local sections = {}
    for at = 2, #descriptions, DESCRIPTION do try(describe, stem, articles, descriptions, at, sections) end
    if #sections > 0 then try(call_in_parts, 'HSET', facts_prefix .. 'sections', sections) end
  end
  if #waiting > 0 then try(redis.call, 'HSET', prefix .. 'waiting', unpack(waiting)) end
  local at = 1
  while at <= #visitors do
    try(add_visitors, prefix, articles, visitors, at)
    at = at + 4 + math.max(visitors[at + 3], 1)
  end
  return failed, first_error
end
