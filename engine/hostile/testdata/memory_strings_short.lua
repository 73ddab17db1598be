-- Short strings, as many as go into memory.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do t["x" .. i % 1000 .. i] = i .. "y" end
end)
