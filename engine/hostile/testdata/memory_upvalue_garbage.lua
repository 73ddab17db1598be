-- A handler makes much garbage and keeps nothing, which is allowed.
--> result ^done$
register_tool("attack", function()
  for i = 1, 100 do local s = ("x"):rep(2e6) .. i sleep(0.001) end
  return "done"
end)
