-- wrk's script. Its arguments: the file of requests (a line each: path, tab,
-- body; without a body it is a GET), the key, and "check" to look into answers.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  requests, bad = {}, 0
  local headers = { ["Content-Type"] = "application/json", ["X-Api-Key"] = args[2] }
  for line in io.lines(args[1]) do
    local path, body = line:match("^([^\t]*)\t(.*)$")
    if body == "" then
      table.insert(requests, wrk.format("GET", path, { ["X-Api-Key"] = args[2] }))
    else
      table.insert(requests, wrk.format("POST", path, headers, body))
    end
  end
  at = math.floor(number * #requests / 2) -- so that threads don't ask the same
  if args[3] == "check" then -- it costs wrk time: never while measuring
    response = function(status, _, body)
      if status ~= 200 or body:find('"errors":', 1, true) then bad = bad + 1 end
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  for _, thread in ipairs(threads) do failed = failed + (thread:get("bad") or 0) end
  io.write(string.format('result {"requests":%.0f,"micros":%.0f,"bytes":%.0f,"failed":%.0f,"p50":%.0f,"p95":%.0f,"p99":%.0f,"max":%.0f}\n',
    summary.requests, summary.duration, summary.bytes, failed, latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max))
end
