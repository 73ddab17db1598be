-- Texts for a program that speaks without end, or not at all, from many tasks.
--> flags --speaker wav:$DIR/heard.wav --mic none --tts exec:yes
--> result ^done$
register_tool("attack", function()
  local list, codes = {}, {}
  for i = 1, 100 do list[i] = function() codes[#codes + 1] = tostring(select(3, tts.wav("text " .. i, { timeout = 1 }))) end end
  for i = 1, 100 do list[#list + 1] = function() return tts.say("text " .. i, { loop = true }) end end
  task.settle(list, { timeout = 4 })
  if #codes < 90 then error("only " .. #codes .. " answers") end
  for _, text in ipairs { "", "\0", ("x"):rep(100000), " " } do
    local ok, sound = pcall(tts.wav, text, { timeout = 1 })
    if ok and sound and #sound > 2 ^ 26 then error("a huge sound") end
  end
  if pcall(tts.say, "a", { speed = 0 / 0 }) or pcall(tts.wav, "a", { rate = 2 ^ 40 }) then error("accepted") end
  audio.stop(0)
  return "done"
end)
