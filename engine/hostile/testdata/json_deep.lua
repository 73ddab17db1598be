-- json.decode gets a text that is nested a hundred thousand levels deep.
--> result nested|deep|each other
register_tool("attack", function()
  return tostring(select(2, json.decode(("["):rep(1e5) .. ("]"):rep(1e5)))) .. tostring(select(2, pcall(json.decode, ("{\"a\":"):rep(1e5) .. "1" .. ("}"):rep(1e5))))
end)
