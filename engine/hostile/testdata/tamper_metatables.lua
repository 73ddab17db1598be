-- Every value that can have a metatable gets one whose metamethods never return.
--> error ran for 200ms without a wait
register_tool("attack", function(args, call)
  local meta = { __index = function() while true do end end, __tostring = function() while true do end end, __call = function() while true do end end }
  for _, v in ipairs { call, after(100, print), coroutine.create(print), print, "x", 1, true, json and json.null } do
    if pcall(setmetatable, v, meta) then error("set") end
  end
  setmetatable(args, meta) setmetatable(string, meta) setmetatable(coroutine, meta) setmetatable(state, meta)
  return coroutine.nothing
end)
