-- Without a permission, no server is started or reached, and wrong arguments are refused.
--> result ^denied$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local long = ("x"):rep(100000)
  for _, o in ipairs {
    { command = "sh" }, { command = "/bin/sh", args = { "-c", "kill -9 $PPID" } }, { command = "../../bin/sh" }, { url = url }, { url = "http://169.254.169.254/" },
    { url = "file:///etc/passwd" }, { command = "sh", url = url }, { command = "" }, { command = "sh\0" }, {}, { url = url, headers = { ["A\r\nB"] = "c" } },
    { url = url, headers = { A = "b\r\nHost: c" } }, { command = "sh", name = long }, { url = "http://" .. long }, { command = "sh", env = { LD_PRELOAD = "x" } },
    { url = url, timeout = 0 / 0 }, { url = url, timeout = -1 }, { url = url, allow = "*" }, { url = url, deny = { {} } }, 7, "sh",
  } do
    if pcall(mcp.connect, o) and mcp.connect(o) then error("accepted") end
  end
  for _, name in ipairs { "", "notes", long, "\0", "../servers" } do
    if pcall(mcp.server, name) then error("there is a server " .. name) end
  end
  return "denied"
end)
