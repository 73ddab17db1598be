-- Huge writes and requests from many tasks, to a device that takes nothing.
--> flags --allow-serial=$DIR/port
--> folder terminal
--> result ^timeout$
local path = os.getenv("MOONLARK_HOSTILE_DIR") .. "/port"
register_tool("attack", function()
  local port = assert(serial.open(path))
  local huge = ("x"):rep(2 ^ 20)
  assert(not pcall(port.write, port, huge .. "x"))
  for i = 1, 100 do
    spawn(function() port:write(huge, 600) end)
    spawn(function() port:request(huge, 600) end)
  end
  return select(3, port:write(huge, 1))
end)
