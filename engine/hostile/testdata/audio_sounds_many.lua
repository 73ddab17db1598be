-- Sounds, queues and announcements without end.
--> flags --speaker wav:$DIR/heard.wav --mic none
--> result ^done$
register_tool("attack", function()
  local n, queues, waiting = 0, {}, 0
  for i = 1, 300 do
    local ok, sound = pcall(audio.tone, { 440, 880, 0, { 300, 1 } }, { loop = true })
    if ok and sound then n = n + 1 end
  end
  if n > 64 then error(n .. " sounds at the same time") end
  for i = 1, 1000 do
    local ok, q = pcall(audio.queue)
    if not ok then break end
    queues[i] = q
  end
  if #queues > 16 then error(#queues .. " queues") end
  for i = 1, 5000 do
    local ok, sound = pcall(queues[1].add, queues[1], "nothing.wav", { priority = i % 100 })
    if not (ok and sound) then break end
    waiting = i
  end
  if waiting > 1000 then error(waiting .. " sounds wait") end
  local list = {}
  for i = 1, 150 do list[i] = function() return audio.chime("doorbell", { loop = true }) end end
  task.settle(list, { timeout = 2 })
  audio.stop()
  return "done"
end)
