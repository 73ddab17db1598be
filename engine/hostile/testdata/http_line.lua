-- A line of a gigabyte.
--> flags --allow-net=127.0.0.1
--> error too_large.*1048576|too_large.*1 MiB|line
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for l in assert(http.get(url .. "/body", { stream = true })):lines() do error("a line of " .. #l .. " bytes") end
end)
