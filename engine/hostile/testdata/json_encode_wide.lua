-- A tree whose leaves are all one table: a text that doubles with each level.
--> result longer than
register_tool("attack", function()
  local t = { "leaf" }
  for i = 1, 60 do t = { t, t } end
  local ok, why = pcall(json.encode, t)
  return tostring(why)
end)
