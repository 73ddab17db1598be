-- A thousand modules that are not there.
--> result ^done$
--> flags --burst 5s
register_tool("attack", function()
  for i = 1, 1000 do pcall(require, "nothing" .. i) end
  return "done"
end)
