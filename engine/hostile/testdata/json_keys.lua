-- json.decode decodes an object of 400,000 keys in an endless loop.
--> error too much memory|ran for 200ms without a wait|longer than|bytes
register_tool("attack", function()
  local t = {}
  for i = 1, 4e5 do t[i] = '"' .. i .. '":1' end
  local text = "{" .. table.concat(t, ",") .. "}"
  while true do assert(json.decode(text)) end
end)
