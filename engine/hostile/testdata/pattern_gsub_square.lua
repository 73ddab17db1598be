-- gsub with a quadratic pattern runs inside pcall in an endless loop.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function()
  while true do pcall(string.gsub, ("a"):rep(2e6), "a*[bc]", "") end
end)
