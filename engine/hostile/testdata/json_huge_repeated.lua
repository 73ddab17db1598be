-- json.decode decodes a text of many empty objects in an endless loop.
--> error too much memory|ran for 200ms without a wait
register_tool("attack", function()
  local text = "[" .. ("{},"):rep(3e5) .. "[]]"
  while true do pcall(json.decode, text) end
end)
