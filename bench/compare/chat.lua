-- The load: a chat request of about 400 bytes, its model one of ten; every answer's status and length are checked.
-- wrk runs init() with what stands behind "--": the answer length to expect.
local requests, next_request = {}, 0
wrong = 0  -- global: done() reads it from each thread
local want_length = 0
local threads = {}

local function body(model)
  local head = '{"model":"' .. model .. '","messages":[{"role":"user","content":"'
  local tail = '"}],"temperature":0.7,"max_tokens":64}'
  local text = 'Summarise the following paragraph in one sentence. '
  local room = 400 - #head - #tail
  return head .. string.sub(string.rep(text, 10), 1, room) .. tail
end

function setup(thread) table.insert(threads, thread) end

function init(args)
  want_length = tonumber(args[1])
  for i = 0, 9 do
    requests[i] = wrk.format('POST', '/v1/chat/completions', {['Content-Type'] = 'application/json', ['Host'] = 'bench'},
                             body('model-' .. i))
  end
end

function request()
  next_request = (next_request + 1) % 10
  return requests[next_request]
end

function response(status, headers, answer)
  if status ~= 200 or #answer ~= want_length then wrong = wrong + 1 end
end

function done(summary, latency, _)
  local errors = summary.errors
  for _, thread in ipairs(threads) do wrong = wrong + thread:get('wrong') end
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"wrong":%d,"socket_errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, wrong,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
