-- A line of a gigabyte out of a megabyte of gzip.
--> flags --allow-net=127.0.0.1
--> error 1048576|1 MiB|too_large
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for l in assert(http.get(url .. "/gzip", { stream = true })):lines() do error("a line of " .. #l .. " bytes") end
end)
