-- Calls pass every number of arguments at which gopher-lua's value stack could break.
--> result ^done$
register_tool("attack", function()
  local t = {}
  local function f(...) local a, b, c = ... return select("#", ...) end
  for n = 1, 7997 do t[n] = n end
  for n = 200, 7997, 53 do
    if f(unpack(t, 1, n)) ~= n then error("lost arguments") end
    pcall(f, unpack(t, 1, n))
    coroutine.wrap(f)(unpack(t, 1, n))
  end
  return "done"
end)
