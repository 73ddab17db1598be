test("a server with several answers", function(t)
  local api = t.http("GET https://api.example.com/weather", { status = 503, body = "busy" }, { json = { t = 5 } })
  t.equal(json.decode(t.call("get", { url = "https://api.example.com/weather?city=Bremen" })), { body = "busy", status = 503 })
  t.equal(json.decode(t.call("get", { url = "https://api.example.com/weather" })), {
    status = 200, type = "application/json", body = '{"t":5}',
  })
  t.equal(#api:calls(), 2)
  local first = api:calls()[1]
  t.equal(first.query, { city = "Bremen" })
  t.equal(first.headers["x-room"], "hall")
  t.equal(first.method, "GET")
end)

test("the fake that was set last has priority, and others are refused", function(t)
  t.http("https://*.example.com/*", { body = "any" })
  t.http("GET https://api.example.com/a?x=1", { body = "one" })
  t.equal(json.decode(t.call("get", { url = "https://api.example.com/a?x=1" })).body, "one")
  t.equal(json.decode(t.call("get", { url = "https://api.example.com/a?x=2" })).body, "any")
  t.equal({ t.call("get", { url = "https://example.org/" }) }, { nil, "this tool is not permitted to do that" })
end)

test("a redirect leads to another fake", function(t)
  t.http("GET https://a.example.com/", { status = 302, headers = { Location = "https://b.example.com/new" } })
  t.http("GET https://b.example.com/new", "here")
  t.equal(json.decode(t.call("get", { url = "https://a.example.com" })).body, "here")
end)

test("a request that fails", function(t)
  for _, code in ipairs { "timeout", "closed", "unreachable" } do
    t.http("https://api.example.com/", { error = code })
    local _, reason = t.call("get", { url = "https://api.example.com/" })
    assert(reason:find("^" .. code .. ": "), reason)
  end
end)

test("the body of a request, and a stream", function(t)
  local echo = t.http("POST https://api.example.com/echo", { json = { echo = "hello" } })
  t.equal(t.call("post", { url = "https://api.example.com/echo", word = "hi" }), "hello")
  t.equal(echo:calls()[1].json, { word = "hi" })
  t.http("GET https://api.example.com/lines", "one\ntwo\n")
  t.equal(t.call("lines", { url = "https://api.example.com/lines" }), '["one","two"]')
end)

test("a redirect may only lead to a fake of the method", function(t)
  t.http("POST https://api.example.com/echo", { status = 307, headers = { Location = "https://other.example.com/" } })
  t.http("GET https://other.example.com/", "reached")
  t.equal(t.call("post", { url = "https://api.example.com/echo", word = "hi" }), nil)
  assert(t.output():find("redirects to other.example.com", 1, true), t.output())
end)

test("a request is repeated without a delay", function(t)
  local api = t.http("GET https://api.example.com/", 503, 503, { body = "ready" })
  t.equal(t.call("patient", { url = "https://api.example.com/" }), "ready")
  t.equal(#api:calls(), 3)
end)

test("bytes that are not text", function(t)
  local cat = t.exec("cat", "\255\0")
  local _, reason = t.call("bytes")
  t.equal(reason, nil)
  t.equal(cat:calls()[1].stdin, "\254\0")
end)

test("programs", function(t)
  local df = t.exec("df", { stdout = "full", stderr = "warning", code = 3 })
  t.exec({ "df", "-i" }, "inodes")
  t.equal(json.decode(t.call("program", { words = { "df", "-h" }, stdin = "text" })), { code = 3, ok = false, out = "full", err = "warning" })
  t.equal(json.decode(t.call("program", { words = { "/bin/df", "-i" } })).out, "inodes")
  t.equal(df:calls(), { { argv = { "df", "-h" }, stdin = "text" } })
  t.equal({ t.call("program", { words = { "ls" } }) }, { nil, "this tool is not permitted to do that" })
end)

test("a program that is started", function(t)
  local player = t.exec("player", { stdout = "playing\nended\n", code = 0 })
  t.equal(t.call("follow"), '["stdout: playing","stdout: ended","exit 0"]')
  t.equal(player:calls(), { { argv = { "player", "song.wav" }, stdin = "volume 5\n" } })
end)

test("events that the script emits", function(t)
  t.equal(t.call("both"), "done")
  t.equal(t.emitted("first"), { { event = "first", data = { n = 1 } } })
  t.equal(#t.emitted(), 2)
end)

test("sounds end at once", function(t)
  t.equal(t.call("sounds"), "true")
  t.equal(t.session(), {
    { fn = "play", text = "bell.wav", value = { volume = 0.5 } },
    { fn = "play", text = "dinner is ready", value = { volume = 1, speech = true } },
    { fn = "play", text = "hello", value = { volume = 1, speech = true } },
    { fn = "beep", text = "", value = { 440, 0.1 } },
  })
end)

test("mail is not sent", function(t)
  t.equal({ t.call("mail") }, { nil, "this tool is not permitted to do that" })
end)
