-- A folder with a hundred thousand files is listed, searched, removed and watched.
--> folder crowd
--> flags --allow-read=$DIR
--> result ^\["too_large","too_large","too_large","too_large"\]$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local why = {}
  why[1] = select(3, fs.list(dir, { recursive = true }))
  why[2] = select(3, fs.list(dir, { recursive = true, limit = 100000 }))
  why[3] = select(3, fs.glob(dir .. "/**"))
  why[4] = select(3, fs.watch(dir, function() end, { recursive = true }))
  return why
end)
