-- A hundred thousand tables are each the __index of the next one.
--> error
register_tool("attack", function()
  local t = {}
  for i = 1, 100000 do t = setmetatable({}, { __index = t }) end
  while true do local x = t.x end
end)
