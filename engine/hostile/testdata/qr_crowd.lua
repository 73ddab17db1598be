-- The largest codes from many tasks at the same time, whose results are all kept.
--> result ^done$
--> calls 2
register_tool("attack", function()
  local list, kept = {}, {}
  for i = 1, 20 do
    list[i] = function()
      kept[#kept + 1] = qr.encode(("\255"):rep(2953), { level = "L", size = 2048, border = 0 })
      kept[#kept + 1] = qr.encode(("\255"):rep(2953), { level = "L", format = "svg" })
      kept[#kept + 1] = qr.encode(("\255"):rep(2953), { level = "L", format = "text" })
    end
  end
  task.settle(list, { timeout = 4 })
  for _, picture in ipairs(kept) do if #picture > 2 ^ 20 then error(#picture) end end
  return "done"
end)
