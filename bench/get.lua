-- Asks for the addresses that BENCH_PATH gives; "%06d" in it becomes a number from 1 to BENCH_NUMBERS.
local path = os.getenv("BENCH_PATH")
local numbers = tonumber(os.getenv("BENCH_NUMBERS"))
local headers = { ["authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN") }
local random = string.find(path, "%06d", 1, true) ~= nil

request = function()
    local address = random and string.format(path, math.random(1, numbers)) or path
    return wrk.format("GET", address, headers)
end

done = function(summary, latency, requests)
    if summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout > 0 then
        io.write("ERRORS in the answers\n")
    end
    io.write(string.format("p99 %.1f ms\n", latency:percentile(99) / 1000))
end
