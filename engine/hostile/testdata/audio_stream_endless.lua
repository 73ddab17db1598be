-- A server that sends no sound, but without end, or nothing; played by many tasks at once.
--> flags --speaker wav:$DIR/heard.wav --mic none --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local list = {}
  for _, path in ipairs { "/body", "/silent", "/slow-body", "/gzip", "/loop", "/headers", "/chunks", "/length", "/retry-after" } do
    for i = 1, 10 do list[#list + 1] = function() return audio.play(url .. path) end end
  end
  task.settle(list, { timeout = 3 })
  audio.stop(0)
  return "done"
end)
