-- Thousands of compiled expressions.
--> error too much memory|ran for|took longer|more than
--> calm too much memory|is busy
kept = {}
register_tool("attack", function()
  for i = 1, 1e6 do kept[i] = re.compile("(a{1,100}){1,9}" .. i) end
end)
