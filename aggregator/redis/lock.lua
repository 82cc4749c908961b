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

redis.register_function('pv_hold', pv_hold)
