-- A handler fills a weak table. gopher-lua has no weak tables, so all keys and values are kept.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = setmetatable({}, { __mode = "kv" })
  while true do t[{}] = ("x"):rep(1000) .. 1 end
end)
