-- Nearly all of the memory is kept by a script that does nothing: who makes a little garbage beside it is not to blame.
--> flags --memory 32
--> lasts 1s
--> result ^ok$
local kept = {}
register_tool("attack", function() for i = 1, 15000 do kept[i] = ("x"):rep(1000) .. i end end)
