local function forbidden(command, key)
  return 'NOPERM pv_commit: this user may not use ' .. command .. ' on ' .. key
end

-- Why a write to `key` would fail, or nil.
local function obstacle(key, wanted, ...)
  local kind = redis.call('TYPE', key).ok
  if kind ~= wanted and kind ~= 'none' then
    return 'WRONGTYPE pv_commit: ' .. key .. ' is a ' .. kind .. ', not a ' .. wanted
  end
  for _, command in ipairs({ ... }) do
    if not redis.acl_check_cmd(command, key, '', '') then return forbidden(command, key) end
  end
end

local function first_obstacle(keys, prefix)
  for i = 1, #keys do
    local problem = obstacle(keys[i], 'hash', 'HSET', 'EXPIREAT', 'HINCRBY', 'HDEL')
    if problem then return problem end
  end
  for _, name in ipairs({ 'watermarks', 'origins', 'repeats', 'clock', 'sections', 'caught_up' }) do
    local problem = obstacle(prefix .. name, 'hash', 'HSET')
    if problem then return problem end
  end
  local index = prefix .. 'buckets'
  if not redis.acl_check_cmd('UNLINK', index) then return forbidden('UNLINK', index) end
  if not redis.acl_check_cmd('PFMERGE', index, index) then return forbidden('PFMERGE', index) end
  return obstacle(index, 'zset', 'ZADD', 'ZREM', 'ZRANGEBYSCORE', 'PFADD', 'SET')
end
