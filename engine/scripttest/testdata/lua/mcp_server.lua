-- uses an MCP server, which the tests fake
local notes = mcp.server "notes"
notes:offer { allow = { "read_file" }, ask = { "write_file" } }

register_tool("search", function(args)
  local r, why, code = notes:call("search", { text = args.text })
  if not r then return nil, why .. " (" .. code .. ")" end
  return r.data and r.data.first or r.text
end)

on("mcp_tool_call", function(e)
  if e.parameters.path ~= "slow.txt" then session.approve(e.tool_call_id, e.parameters.path == "a.txt") end
end)
