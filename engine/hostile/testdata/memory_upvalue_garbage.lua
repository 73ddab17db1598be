-- Much garbage, and nothing kept: that is not against the rules.
--> result ^done$
register_tool("attack", function()
  for i = 1, 100 do local s = ("x"):rep(2e6) .. i sleep(0.001) end
  return "done"
end)
