-- json.encode encodes a large table in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e5 do t[i] = "\0\1\2" end
  while true do json.encode(t) pcall(json.encode, t, { indent = true }) end
end)
