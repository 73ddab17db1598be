-- A handler keeps its call object, and the handler of a later call uses this object.
--> result ^true$
--> result ^nil$
--> times 2
local kept
register_tool("attack", function(_, call)
  local was = kept and kept:cancelled()
  kept = call
  return tostring(was)
end)
