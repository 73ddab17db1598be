-- Sixteen tasks list the same ten thousand files again and again.
--> folder many
--> flags --allow-read=$DIR
--> error timeout:|took longer than 4s|too much memory
--> calm too much memory|is busy
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool { name = "attack", timeout = 4, handler = function()
  local list = {}
  for i = 1, 16 do list[i] = function() while true do fs.list(dir, { recursive = true, limit = 90000 }) end end end
  local _, reason = task.all(list)
  error(reason, 0)
end }
