-- A gigabyte out of a megabyte of gzip, read as a stream, is never in memory as a whole.
--> flags --allow-net=127.0.0.1
--> result ^1\d{8}$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local r, size = assert(http.get(url .. "/gzip", { stream = true })), 0
  while size < 100e6 do size = size + #r:read(1024 * 1024) end
  r:close()
  return size
end)
