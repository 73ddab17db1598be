-- A script opens databases until it may not, and statements that it forgets.
--> error 8
kept = {}
register_tool("attack", function()
  local d = db.open("m", { mode = "memory" })
  for i = 1, 20000 do kept[i] = d:prepare("SELECT " .. i) end
  for i = 1, 300 do if kept[i]:value() ~= i then error(i) end end
  for i = 1, 100 do
    local d, reason = db.open("m" .. i, { mode = "memory" })
    if not d then return reason end
    kept[#kept + 1] = d
  end
end)
