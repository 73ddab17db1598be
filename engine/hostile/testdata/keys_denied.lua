-- Without a permission, no key is seen.
--> result ^denied$
register_tool("attack", function()
  for i = 1, 1000 do
    if pcall(keys.on, "*", print) or pcall(keys.open, { kind = "keyboard" }) or pcall(keys.open, { path = "/dev/input/event0" }) or pcall(keys.pressed, "a") then error("allowed") end
  end
  return "denied"
end)
