-- A flood that the script is told of, and that ends there.
--> result ^too much is waiting to be sent$
register_tool("attack", function()
  while true do
    local ok, why = session.context(("x"):rep(200000))
    if not ok then return why end
  end
end)
