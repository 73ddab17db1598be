-- A task yields in all places where Lua 5.1 cannot yield, and then outside any coroutine.
--> error attempt to yield from outside a coroutine
register_tool("attack", function()
  local y = coroutine.yield
  local meta = {}
  for _, event in ipairs { "add", "concat", "index", "newindex", "call", "eq", "lt", "le", "unm", "tostring" } do meta["__" .. event] = y end
  local a, b = setmetatable({}, meta), setmetatable({}, meta)
  for _, f in ipairs {
    function() return a + b end, function() return a .. b end, function() return a.x end, function() a.x = 1 end, function() return a() end,
    function() return a == b end, function() return a < b end, function() return -a end, function() return tostring(a) end,
    function() for _ in y do end end, function() table.sort({ 3, 2, 1 }, y) end, function() return (("x"):gsub("x", y)) end,
    function() return pcall(y) end, function() return xpcall(y, y) end, function() return load(y) end, function() table.foreach({ 1 }, y) end,
    function() return coroutine.wrap(y)() end, function() error(y()) end, function() return y() end,
  } do
    local co = coroutine.create(f)
    for i = 1, 20 do coroutine.resume(co, i) end
    coroutine.resume(coroutine.create(f)) -- this coroutine is never resumed again
  end
  coroutine.yield()
end)
