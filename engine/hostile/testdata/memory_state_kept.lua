-- What is kept in state would come along into the copy that is loaded then, and
-- fill the memory again: the most of it is left behind.
--> flags --memory 32
--> error too much memory
--> calm too much memory
--> says the script is loaded again
--> says state is longer than 1048576 bytes: \d+ of its entries do not survive
register_tool("attack", function()
  for i = 1, 1e9 do state[i] = ("x"):rep(1000) .. i end
end)
