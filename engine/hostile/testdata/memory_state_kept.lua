-- The table state fills the memory. A reload would carry it over and the memory would be full
-- again, so most of the entries must be left behind.
--> flags --memory 32
--> times 3
--> error too much memory|is busy: its script is being loaded again; try again in a moment
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
--> says the script is loaded again
--> says state is longer than 1048576 bytes: \d+ of its entries do not survive
register_tool("attack", function() while true do state[#state + 1] = ("x"):rep(1000) .. #state end end)
