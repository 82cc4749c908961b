#!lua name=pageviews

-- The only writer of facts. One call adds the counts of one batch of one
-- partition and moves that partition's offset, or changes nothing.
--
-- Redis does not roll back a function that fails half way, so everything that
-- can fail is done before the first write: the fence, all reading, the new value of
-- every field, and then, for every change that is to be made, the kind of its key and
-- the user's right to make it. Key names are made by the caller.
--
-- A commit costs Redis mostly the formatting of numbers and the traffic between
-- Lua and Redis, so fields travel as MessagePack arrays, each hash is read with
-- HMGET and written with HSET (one line in the append-only file for thousands
-- of fields, where HINCRBY would write one for each), and the decimal text of
-- small numbers is kept.
--
-- Facts that may be written twice without harm (who visited, what an article is
-- called) travel in the same call, behind the counts. Trending lists are no facts:
-- pv_rank replaces them, and whatever is lost of them is computed again.
--
-- Keys beside those that the caller names are made of the prefix, which is that of
-- the offsets' key, so this is a library for one Redis, not for a Redis Cluster.

local VERSION = 7
local OFFSETS, META, FIRST_GROUP = 1, 2, 3
local FIRST_GROUP_ARG = 9

redis.register_function {
  function_name = 'pv_version',
  callback = function() return VERSION end,
  flags = { 'no-writes' },
}
