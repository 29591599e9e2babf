/**
 * Each step of the configuration database as one script: Redis runs it alone, all or nothing. Time is Redis's own.
 * JSON of values is never made anew from numbers, which Lua would round.
 */
import { newestKept } from './redis-keys.ts';

const nowMs = `
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
`;

const setAndLog = `
local function put(key, json)
  redis.call('DEL', key)
  if json == '' then return end
  local value = cjson.decode('[' .. json .. ']')[1]
  if type(value) == 'string' then
    redis.call('SET', key, value)
  else
    for field, text in pairs(value) do redis.call('HSET', key, field, text) end
  end
end
local function accept(accepted, name, json)
  if json == '' then redis.call('HDEL', accepted, name) else redis.call('HSET', accepted, name, json) end
end
local function entry(name, before, after)
  local text = '{"key":' .. cjson.encode(name)
  if before then text = text .. ',"before":' .. before end
  if after ~= '' then text = text .. ',"after":' .. after end
  return text .. '}'
end
local function write(keys, author, entries)
  local version = redis.call('INCR', keys.version)
  local change = '{"version":' .. version .. ',"atMs":' .. now .. ',"author":' .. cjson.encode(author)
    .. ',"entries":[' .. table.concat(entries, ',') .. ']}'
  redis.call('LPUSH', keys.log, change)
  redis.call('LTRIM', keys.log, 0, ${newestKept - 1})
  redis.call('PUBLISH', keys.channel, 'version ' .. version)
  return change
end
`;

/**
 * KEYS: version, accepted, log, then the key of each value. ARGV: channel, expected version, author, then for each
 * value its name and JSON ('' removes it). Answers { 1, change } or { 0, present version }.
 */
export const applyScript = `${nowMs}${setAndLog}
local version = redis.call('GET', KEYS[1]) or '0'
if version ~= ARGV[2] then return { 0, version } end
local entries = {}
for i = 4, #KEYS do
  local name, json = ARGV[2 * i - 4], ARGV[2 * i - 3]
  local before = redis.call('HGET', KEYS[2], name)
  -- First what takes memory: a Redis that is full refuses a script at its first such write, and none after a DEL.
  accept(KEYS[2], name, json)
  put(KEYS[i], json)
  entries[#entries + 1] = entry(name, before, json)
end
local keys = { version = KEYS[1], log = KEYS[3], channel = ARGV[1] }
return { 1, write(keys, ARGV[3], entries) }
`;

/**
 * Takes over what was changed by hand, as one change. KEYS as in apply. ARGV: channel, author, then the name of
 * each value. Answers the change, or false.
 */
export const takeOverScript = `${nowMs}${setAndLog}
local function present(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' then return redis.call('GET', key) end
  if kind ~= 'hash' then return nil end
  local flat, hash = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
  return hash
end
local function isSame(one, other)
  if type(one) ~= 'table' or type(other) ~= 'table' then return one == other end
  for field, text in pairs(one) do if other[field] ~= text then return false end end
  for field in pairs(other) do if one[field] == nil then return false end end
  return true
end
local entries = {}
for i = 4, #KEYS do
  local name = ARGV[i - 1]
  local before = redis.call('HGET', KEYS[2], name)
  local known = nil
  if before then known = cjson.decode('[' .. before .. ']')[1] end
  local value = present(KEYS[i])
  local isEmpty = value == nil and type(known) == 'table' and next(known) == nil
  if not isSame(known, value) and not isEmpty then
    local json = ''
    if value ~= nil then json = cjson.encode(value) end
    accept(KEYS[2], name, json)
    entries[#entries + 1] = entry(name, before, json)
  end
end
if #entries == 0 then return false end
return write({ version = KEYS[1], log = KEYS[3], channel = ARGV[1] }, ARGV[2], entries)
`;

/** KEYS: version, accepted. Answers the version and the accepted values in one look. */
export const readScript = `return { redis.call('GET', KEYS[1]) or '0', redis.call('HGETALL', KEYS[2]) }`;

const lease = `
local function encode(holder, expires, note)
  return '{"holder":' .. cjson.encode(holder) .. ',"expiresAtMs":' .. expires .. ',"note":' .. cjson.encode(note) .. '}'
end
local function load(key, name)
  local json = redis.call('HGET', key, name)
  if json then return cjson.decode(json) end
end
`;

/** KEYS: leases of the kind, kinds. ARGV: name, holder, ttl, kind, channel, '1' when there is a note, note, '1' to announce it. Answers JSON or false. */
export const acquireScript = `${nowMs}${lease}
local kept = load(KEYS[1], ARGV[1])
if kept and kept.holder ~= ARGV[2] and kept.expiresAtMs > tonumber(now) then return false end
local note = ''
if ARGV[6] == '1' then note = ARGV[7] elseif kept then note = kept.note end
local json = encode(ARGV[2], string.format('%.0f', tonumber(now) + tonumber(ARGV[3])), note)
redis.call('HSET', KEYS[1], ARGV[1], json)
redis.call('SADD', KEYS[2], ARGV[4])
if ARGV[8] == '1' or not kept or kept.holder ~= ARGV[2] or kept.expiresAtMs <= tonumber(now) then
  redis.call('PUBLISH', ARGV[5], 'taken ' .. ARGV[1])
end
return { json, now }
`;

/** KEYS: leases of the kind. ARGV: name, holder, channel. */
export const releaseScript = `${lease}
local kept = load(KEYS[1], ARGV[1])
if kept and kept.holder == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], encode(kept.holder, '0', kept.note))
  redis.call('PUBLISH', ARGV[3], 'released ' .. ARGV[1])
end
return 1
`;

/** KEYS: leases of the kind. Answers the time, and names and JSON by turns. */
export const leasesScript = `${nowMs}
return { now, redis.call('HGETALL', KEYS[1]) }
`;

/** KEYS: term. ARGV: above. */
export const nextTermScript = `
local term = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])) + 1
redis.call('SET', KEYS[1], string.format('%.0f', term))
return string.format('%.0f', term)
`;
