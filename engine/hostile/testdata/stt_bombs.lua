-- Sounds that are damaged, too long, or silent, for a program that answers without end.
--> flags --speaker none --mic none --stt exec:yes
--> result ^done$
register_tool("attack", function()
  local header = "RIFF\255\255\255\255WAVEfmt \16\0\0\0\1\0\1\0\1\0\0\0\2\0\0\0\2\0\16\0data\255\255\255\255" -- one sample per second
  local list = {}
  for i = 1, 50 do
    list[#list + 1] = function() return stt.transcribe(header .. ("\0"):rep(1000000), { timeout = 1 }) end
    list[#list + 1] = function() return stt.transcribe(header:gsub("fmt .-data", "fmt \16\0\0\0\1\0\1\0\64\31\0\0\128\62\0\0\2\0\16\0data") .. ("\0"):rep(16000), { timeout = 1 }) end
    list[#list + 1] = function() return stt.transcribe("OggS" .. ("x"):rep(i), { timeout = 1 }) end
  end
  task.settle(list, { timeout = 6 })
  local words = {}
  for i = 1, 10000 do words[i] = "word " .. i end
  if pcall(stt.transcribe, "RIFF", { vocabulary = words }) or pcall(stt.transcribe, "RIFF", { timeout = 0 / 0 }) then error("accepted") end
  return "done"
end)
