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
  local failed, first_error = write_facts(prefix, articles, {}, list_of(args[2]), {})
  if args[3] ~= '' then redis.call('HDEL', prefix .. 'waiting', unpack(cmsgpack.unpack(args[3]))) end
  return { failed, first_error }
end

redis.register_function('pv_visit', pv_visit)
