local ticks, order = 0, {}

every(1, function() ticks = ticks + 1 end)
every(10, function()
  sleep(5) -- longer than half of the interval
  order[#order + 1] = "slow " .. time.format(time.now(), "%H:%M:%S")
end)
after(3, function() order[#order + 1] = "after" end)

register_tool("ticks", function() return ticks end)
register_tool("order", function() return table.concat(order, ", ") end)
register_tool("took", function()
  local began = time.monotonic()
  sleep(2.5)
  return time.monotonic() - began
end)
register_tool("together", function()
  local results = task.all { function() sleep(3) return "a" end, function() sleep(1) return "b" end }
  return table.concat(results, " ")
end)
register_tool("waits", function()
  local _, reason, code = task.queue():get(4)
  return code .. " at " .. time.format(time.now(), "%H:%M:%S")
end)

local calls = 0
local limited = throttle(60, function() calls = calls + 1 end)
register_tool("limited", function()
  limited()
  return calls
end)

local late = debounce(2, function() order[#order + 1] = "debounced" end)
on("touch", function() late() end)

cron("30 12 * * *", function() order[#order + 1] = "half past twelve" end)

store.watch("", function(key) order[#order + 1] = "changed " .. key end)
register_tool("remember", function()
  store.set("name", "Ada", { ttl = 60 })
  return store.get("name")
end)
register_tool("recall", function() return store.get("name", "nobody") end)

register_tool("clocks", function() return time.monotonic() .. " " .. os.clock() end)
