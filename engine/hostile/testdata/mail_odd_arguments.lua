-- Mails that would add recipients or headers, that are too large, or that have files from outside.
--> flags --allow-net=127.0.0.1
--> result ^done$
local function try(change)
  local m = { server = "smtp://127.0.0.1:1", from = "a@b.example", to = "c@d.example", subject = "s", text = "x", insecure = true, timeout = 0.5 }
  for k, v in pairs(change) do m[k] = v end
  local ok, sent, _, code = pcall(mail.send, m)
  if ok and sent then error("sent") end
  return ok, code
end
register_tool("attack", function()
  local many, pieces = {}, {}
  for i = 1, 1000 do many[i] = "a" .. i .. "@b.example" pieces[i] = { name = "x", data = "y" } end
  for _, m in ipairs { { subject = "a\r\nBcc: e@f.example" }, { from = "a@b.example\r\nRCPT TO:<e@f.example>" }, { to = "a@b.example>\n<e@f.example" }, { reply_to = "a\nb" },
    { headers = { ["A\r\nBcc"] = "x" } }, { headers = { A = "x\r\nBcc: e@f.example" } }, { headers = { ["Bcc:"] = "x" } }, { attachments = { { name = "a\r\nb", data = "x" } } },
    { to = many }, { attachments = pieces }, { timeout = 0 / 0 }, { server = "smtp://" }, { server = "file:///etc/passwd" }, { server = "smtp://127.0.0.1:99999" }, { server = "smtp://10.0.0.1" },
    { to = {} }, { nothing = 1 } } do
    local ok, code = try(m)
    if ok and code == "refused" then error("it was tried: " .. json.encode(m):sub(1, 100)) end
  end
  for _, file in ipairs { "/etc/passwd", "../../etc/passwd", "/dev/zero", "/proc/self/environ", "secrets.toml" } do
    local ok, code = try { attachments = { { file = file } } }
    if ok and code == "refused" then error(file) end
  end
  local list = {}
  local long = ("x"):rep(26 * 2 ^ 20)
  for i = 1, 100 do list[i] = function() try { text = long } end end
  task.settle(list, { timeout = 5 })
  return "done"
end)
