-- The same in state, which is carried over to the copy that is loaded then.
--> error too much memory
--> calm too much memory
--> says the script is loaded again
register_tool("attack", function() while true do state[#state + 1] = ("x"):rep(1000) .. #state end end)
