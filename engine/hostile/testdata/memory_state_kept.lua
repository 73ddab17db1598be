-- What is kept in state would come along into the copy that is loaded then, and
-- fill the memory again: the most of it is left behind.
--> flags --memory 32
--> times 3
--> error too much memory|is busy: its script is being loaded again; try again in a moment
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
--> says the script is loaded again
--> says state is longer than 1048576 bytes: \d+ of its entries do not survive
register_tool("attack", function() while true do state[#state + 1] = ("x"):rep(1000) .. #state end end)
