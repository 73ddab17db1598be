-- A script fills its data folder with empty files.
--> error timeout:|took longer than 5s|full
register_tool { name = "attack", timeout = 5, handler = function()
  local list = {}
  for t = 1, 16 do
    list[t] = function() for i = 1, 1e6 do
      local ok, reason, code = fs.write("x/" .. t .. "/" .. i, "", { sync = false })
      if not ok then error(code, 0) end
    end end
  end
  local _, reason = task.all(list)
  error(reason, 0)
end }
