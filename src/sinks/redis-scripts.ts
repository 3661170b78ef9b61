import { createHash } from 'node:crypto';

export interface Script {
  readonly text: string;
  /** By which Redis knows it. */
  readonly sha1: string;
}

const script = (text: string): Script => ({ text, sha1: createHash('sha1').update(text).digest('hex') });

/**
 * Counts a stretch [from, to) of one partition, each record once: those at or above the fence, which then moves to `to`.
 * A fence below `from`, or none where `from` is not the beginning, means that Redis has lost what it had: nothing is
 * counted, and how far it had been is remembered.
 *
 * KEYS: fences, state, then a hash of counts for each day. ARGV: topic, from, to, then for each record its offset, the
 * number of its day among those, the field to count in, and 1 or -1. Returns {1, counted, repeated}, or {0, fence} for a
 * loss; `counted` is the sum.
 */
export const COUNT = script(`
local topic, from, to = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local fence = tonumber(redis.call('HGET', KEYS[1], topic) or 0)
local rebuild = 'rebuild:' .. topic
if fence < from then
  local known = redis.call('HGET', KEYS[2], rebuild)
  if not known or tonumber(known) < from then redis.call('HSET', KEYS[2], rebuild, ARGV[2]) end
  return {0, fence}
end
local counted, repeated = 0, 0
for i = 4, #ARGV, 4 do
  if tonumber(ARGV[i]) >= fence then
    local change = tonumber(ARGV[i + 3])
    redis.call('HINCRBY', KEYS[2 + tonumber(ARGV[i + 1])], ARGV[i + 2], change)
    counted = counted + change
  else
    repeated = repeated + 1
  end
end
if to > fence then
  redis.call('HSET', KEYS[1], topic, ARGV[3])
  local known = redis.call('HGET', KEYS[2], rebuild)
  if known and to >= tonumber(known) then redis.call('HDEL', KEYS[2], rebuild) end
end
return {1, counted, repeated}
`);

/**
 * Moves a fence to where the topic begins, over records that exist no longer, and remembers that they are missing.
 * KEYS: fences, state. ARGV: topic, offset, now as ISO 8601.
 */
export const BEGIN = script(`
local topic, offset = ARGV[1], tonumber(ARGV[2])
local fence = tonumber(redis.call('HGET', KEYS[1], topic) or 0)
if fence < offset then
  redis.call('HSET', KEYS[1], topic, ARGV[2])
  redis.call('HSET', KEYS[2], 'missing:' .. topic, cjson.encode({before = ARGV[2], since = ARGV[3]}))
end
return 1
`);
