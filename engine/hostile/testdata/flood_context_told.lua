-- A task sends long context messages until session.context returns an error.
--> result ^too many messages are waiting to be sent$
register_tool("attack", function()
  while true do
    local ok, why = session.context(("x"):rep(200000))
    if not ok then return why end
  end
end)
