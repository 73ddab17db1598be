register_tool("get", function(args)
  local res, reason = http.get(args.url, { headers = { ["X-Room"] = "hall" } })
  if not res then return nil, reason end
  return { status = res.status, type = res.headers["content-type"], body = res.body }
end)

register_tool("post", function(args)
  local res = assert(http.post(args.url, { json = { word = args.word } }))
  return res:json().echo
end)

register_tool("lines", function(args)
  local res = assert(http.get(args.url, { stream = true }))
  local lines = {}
  for line in res:lines() do lines[#lines + 1] = line end
  return lines
end)

register_tool("program", function(args)
  local result = assert(exec.run(args.words, { stdin = args.stdin or "" }))
  return { code = result.code, ok = result.ok, out = result.stdout, err = result.stderr }
end)

register_tool("follow", function()
  local heard = {}
  local done = task.event()
  local p = assert(exec.start({ "player", "song.wav" }, {
    stdin = "pipe",
    on_line = function(line, from) heard[#heard + 1] = from .. ": " .. line end,
    on_exit = function(result) heard[#heard + 1] = "exit " .. result.code done:set() end,
  }))
  p:write("volume 5\n")
  done:wait()
  return heard
end)

register_tool("both", function()
  emit("first", { n = 1 })
  emit("second")
  return "done"
end)

register_tool("patient", function(args) return assert(http.get(args.url, { retries = 3 })).body end)

register_tool("bytes", function()
  assert(assert(exec.run({ "cat" }, { stdin = "\254\0" })).stdout == "\255\0")
end)

register_tool("sounds", function()
  local ended = audio.play("bell.wav", { volume = 0.5 }):wait()
  audio.announce { say = "dinner is ready" }
  tts.say("hello"):wait()
  audio.beep(440, 0.1)
  return tostring(ended)
end)

register_tool("mail", function()
  return mail.send { server = "smtp://mail.example.com", from = "a@example.com", to = "b@example.com" }
end)
