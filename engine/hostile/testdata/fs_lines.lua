-- Files whose lines have 16 MB, in all ways to read lines.
--> folder files
--> flags --allow-read=$DIR
--> result ^4$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local n = 0
  for _, read in ipairs { fs.lines, function(p) return assert(fs.open(p)):lines() end, function(p) return csv.lines(fs.lines(p)) end, function(p) return json.lines(fs.lines(p)) end } do
    local ok, why = pcall(function() for l in read(dir .. "/line") do error("a line of " .. #l, 0) end end)
    if ok or not why:find("too_large") then error(why) end
    n = n + 1
  end
  return n
end)
