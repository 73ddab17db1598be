-- json.encode gets a table that contains another table twice, and so on for 60 levels.
--> result longer than
register_tool("attack", function()
  local t = { "leaf" }
  for i = 1, 60 do t = { t, t } end
  local ok, why = pcall(json.encode, t)
  return tostring(why)
end)
