-- A megabyte of gzip that becomes a gigabyte.
--> flags --allow-net=127.0.0.1
--> result too_large: the body from .* has more than 67108864 bytes
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  return select(2, http.get(url .. "/gzip", { max_bytes = 64 * 1024 * 1024 }))
end)
