-- Takes from one bucket per key, all at once, by this server's own clock: arithmetic.take, to the microsecond.
-- Per key: rate, cost, depth, wanted, least, asker (0 lane, 1 new, 2 back), spent_to seen last ('' for never).
-- Returns the clock it went by, and per key: count, wait, spent_to.
local SECOND, IDLE, KEPT = 1000000, 10000000, 172800
local time = redis.call('TIME')
local now = time[1] * SECOND + time[2]
local as_text = function(number) return string.format('%.0f', number) end
local given = { as_text(now) }

for place, key in ipairs(KEYS) do
  local at = (place - 1) * 7
  local rate, cost, depth = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local wanted, least, asker = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local seen = tonumber(ARGV[at + 7])
  local kept = redis.call('HMGET', key, 'spent_to', '1', '2')
  local spent_to = tonumber(kept[1] or '')
  local tails = { tonumber(kept[2] or '0'), tonumber(kept[3] or '0') }
  if not spent_to then
    spent_to = seen and math.min(now, math.max(seen, now - cost)) or now
  end

  local start = math.min(math.max(spent_to, now - depth), now)
  local have = math.floor((now - start) * rate / SECOND)
  if asker == 1 and tails[1] > now then
    if now - spent_to < depth + IDLE then have = 0 else tails[1] = now end
  end
  local count = have >= least and math.min(have, wanted) or 0
  spent_to = count > 0 and start + math.ceil(count * SECOND / rate) or math.min(spent_to, now)
  local rest, wait = wanted - count, 0
  if rest > 0 and asker > 0 then
    local base = math.max(tails[asker], spent_to)
    tails[asker] = base + math.ceil(rest * SECOND / rate)
    wait = base - now
  elseif rest > 0 and count == 0 then
    wait = math.max(0, start + math.ceil(least * SECOND / rate) - now)
  end

  redis.call('HSET', key, 'spent_to', as_text(spent_to), '1', as_text(tails[1]), '2', as_text(tails[2]))
  redis.call('EXPIRE', key, KEPT)
  table.insert(given, count)
  table.insert(given, wait)
  table.insert(given, as_text(spent_to))
end
return given
