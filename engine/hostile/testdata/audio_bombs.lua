-- Sound files that are damaged or say that they are very long, and numbers that are wrong.
--> flags --speaker wav:$DIR/heard.wav --mic none
--> result ^done$
local function le(n, bytes)
  local s = ""
  for i = 1, bytes do s = s .. string.char(n % 256) n = math.floor(n / 256) end
  return s
end
local function wav(format, channels, rate, bits, size, data)
  return "RIFF" .. le(size, 4) .. "WAVEfmt " .. le(16, 4) .. le(format, 2) .. le(channels, 2) .. le(rate, 4) .. le(math.min(rate * channels * 2, 2 ^ 32 - 1), 4)
    .. le(channels * math.floor(bits / 8), 2) .. le(bits, 2) .. "data" .. le(size, 4) .. data
end
register_tool("attack", function()
  local nan, inf, data = 0 / 0, 1 / 0, ("\1\2"):rep(1000)
  for _, file in ipairs { "RIFF", "RIFF\0\0\0\0WAVE", wav(1, 0, 8000, 16, 10, data), wav(1, 65535, 8000, 16, 10, data), wav(1, 1, 0, 16, 10, data), wav(1, 1, 1, 16, 2000, data),
    wav(1, 1, 2 ^ 32 - 1, 16, 2 ^ 32 - 1, data), wav(1, 1, 8000, 0, 10, data), wav(1, 1, 8000, 65535, 10, data), wav(3, 1, 8000, 32, 2000, ("\255"):rep(2000)), wav(77, 1, 8000, 16, 10, data),
    "RIFF" .. ("\0"):rep(100000), "ID3\4\0\0\127\127\127\127", "ID3\4\0\0\0\0\0\0" .. ("\255\251\144\0"):rep(5000), ("\255\251"):rep(5000), "OggS", "OggS" .. ("\0"):rep(10000), ("OggS\0\2"):rep(1000) } do
    local sound = select(2, pcall(audio.play, file))
    if type(sound) == "userdata" then sound:wait(0.2) sound:stop(0) end
  end
  for _, v in ipairs { nan, inf, -inf, -1, 1e300 } do
    for _, o in ipairs { { volume = v }, { fade_in = v }, { duck = v } } do
      if pcall(audio.tone, 440, o) then error("accepted: " .. v) end
    end
    if pcall(audio.tone, v) or pcall(audio.tone, { { 440, v } }) or pcall(audio.beep, v) or pcall(audio.beep, 440, v) then error("a tone of " .. v) end
  end
  local notes = {}
  for i = 1, 100000 do notes[i] = 440 end
  if pcall(audio.tone, notes) or pcall(audio.tone, { { 440, 1000 } }) or pcall(audio.chime, "x") then error("accepted") end
  for _, path in ipairs { "/dev/zero", "/etc/passwd", "../../etc/passwd", "/proc/self/mem", "http://127.0.0.1:1/a.wav" } do
    local ok, sound = pcall(audio.play, path)
    if ok and sound then error(path) end
  end
  return "done"
end)
