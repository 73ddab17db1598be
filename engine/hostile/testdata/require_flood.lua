-- A thousand modules that are not there.
--> result ^done$
register_tool("attack", function()
  for i = 1, 1000 do pcall(require, "nothing" .. i) end
  return "done"
end)
