-- A script opens files until it may not, and keeps them.
--> error 32 files are open
kept = {}
register_tool("attack", function()
  fs.write("x", "x")
  for i = 1, 1000 do
    local f, reason = fs.open("x")
    if not f then return reason end
    kept[i] = f
  end
end)
