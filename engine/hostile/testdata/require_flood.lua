-- A handler requires a thousand modules that do not exist.
--> result ^done$
register_tool("attack", function()
  for i = 1, 1000 do pcall(require, "nothing" .. i) end
  return "done"
end)
