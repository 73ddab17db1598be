-- A file of a terabyte.
--> folder huge
--> flags --allow-read=$DIR
--> result ^\["too_large",".*too_large.*","too_large",".*bad argument.*","too_large",1,"full"\]$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local codes = {}
  codes[1] = select(3, fs.read(dir .. "/huge", { max = 64 * 1024 * 1024 }))
  codes[2] = select(2, pcall(function() for l in fs.lines(dir .. "/huge") do error("a line") end end))
  local f = assert(fs.open(dir .. "/huge"))
  codes[3] = select(3, f:read("*a"))
  codes[4] = select(2, pcall(f.read, f, 1e12))
  codes[5] = select(3, f:read("*l"))
  codes[6] = f:seek("end", -1) and #f:read(64 * 1024 * 1024)
  f:close()
  codes[7] = select(3, fs.copy(dir .. "/huge", "copy")) or "copied"
  return codes
end)
