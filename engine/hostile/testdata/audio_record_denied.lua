-- Without a permission, nothing is recorded.
--> result ^denied$
register_tool("attack", function()
  for i = 1, 1000 do if pcall(audio.record, 1) or pcall(audio.record, 0 / 0) or pcall(audio.record, 1e9) then error("allowed") end end
  if pcall(audio.devices) and audio.devices() then error("the devices") end
  return "denied"
end)
