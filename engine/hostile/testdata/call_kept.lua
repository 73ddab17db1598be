-- A call is kept by the script beyond its end.
--> result ^true$
--> result ^nil$
--> times 2
local kept
register_tool("attack", function(_, call)
  local was = kept and kept:cancelled()
  kept = call
  return tostring(was)
end)
