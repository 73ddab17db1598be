-- Schedules of each second, without an end.
--> result at once|more than|maximum|too many
--> lasts 2s
register_tool("attack", function()
  for i = 1, 1e6 do
    local ok, why = pcall(cron, "* * * * * *", function() sleep(0.1) end)
    if not ok then return why end
  end
end)
