-- Coroutines end with errors whose __tostring fails too.
--> result ^done$
register_tool("attack", function()
  for i = 1, 500 do
    local co = coroutine.wrap(function() error(setmetatable({}, { __tostring = function() error("again") end })) end)
    pcall(co) pcall(co)
  end
  return "done"
end)
