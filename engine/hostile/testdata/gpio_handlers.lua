-- Handlers and waits of a pin without end.
--> flags --gpio=sim --allow-gpio
--> result ^done$
register_tool("attack", function()
  local button = gpio.button(4)
  for i = 1, 100000 do
    if not pcall(button.on_press, button, print) then break end
  end
  local list = {}
  for i = 1, 1000 do list[i] = function() return button:wait("press", 0.5) end end
  task.settle(list, { timeout = 3 })
  spawn(function() button:wait("both", 600) end)
  sleep(0.05)
  button:close()
  if pcall(button.on_press, button, print) and button:read() ~= nil then error("a closed button") end
  return "done"
end)
