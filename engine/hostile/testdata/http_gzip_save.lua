-- A gigabyte out of a megabyte of gzip does not fill the disk.
--> flags --allow-net=127.0.0.1
--> result ^\["too_large: .*","full: .*"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local why = {}
  why[1] = select(2, http.download(url .. "/gzip", "big", { max_bytes = 50e6 }))
  why[2] = select(2, assert(http.get(url .. "/gzip", { stream = true })):save("big"))
  if fs.exists("big") or #fs.list("") > 0 then error("files are left") end
  return why
end)
