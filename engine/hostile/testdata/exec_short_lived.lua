-- Tasks start programs that end at once, as fast as they can.
--> flags --allow-run=true
--> result ^timeout$
register_tool { name = "attack", timeout = 2, handler = function()
  local list = {}
  for i = 1, 30 do list[i] = function() while true do exec.run { "true" } end end end
  return (select(3, task.all(list, { limit = 30 })))
end }
