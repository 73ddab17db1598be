-- Programs that are no servers: they are silent, print text without end and lines without end, send back what they get, and exit.
--> flags --allow-run
--> result ^done$
local servers = {}
for i, line in ipairs {
  "yes hello", "yes | tr -d '\\n'", "cat", "cat /dev/zero", "sleep 1000", "exit 0", "trap '' TERM; while :; do :; done", "yes '{\"jsonrpc\":\"2.0\",\"method\":\"x\"}'",
  "yes '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}'", "yes '[[[[[[[['", "yes >&2", "exec 1>&-; sleep 1000", "yes '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}'",
} do
  servers[i] = mcp.connect { command = "sh", args = { "-c", line }, name = "s" .. i, startup = 1 }
  servers[i]:offer { allow = { "*" } }
  servers[i]:on_change(function() servers[i]:tools() end)
end
register_tool("attack", function()
  local list = {}
  for i, server in ipairs(servers) do
    for n = 1, 5 do
      list[#list + 1] = function()
        local r = server:call("x", { text = ("y"):rep(100000) }, { timeout = 2 })
        if r then error("a result of " .. i) end
      end
    end
  end
  local ok, why = pcall(task.all, list)
  if not ok then error(why) end
  return "done"
end)
