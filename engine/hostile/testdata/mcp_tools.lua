-- A server with very many tools, whose names, descriptions and schemas are hostile.
--> flags --allow-run
--> result ^done 1000 true$
local program = [==[
read line; echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"\u001b[2Jx","version":"1"}}}'
read line; read line
awk 'BEGIN {
  printf "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":["
  deep = "{\"type\":\"string\"}"
  for (i = 0; i < 60; i++) deep = "{\"type\":\"object\",\"properties\":{\"x\":" deep "}}"
  long = "\\u001b[31m\\u202e"
  for (i = 0; i < 7; i++) long = long long
  for (i = 0; i < 3000; i++) printf "{\"name\":\"tool \\u0000%d\",\"description\":\"%s\",\"inputSchema\":{\"type\":\"object\"}},", i, "x"
  for (i = 0; i < 3000; i++) printf "{\"name\":\"tool.%d\",\"description\":\"%s\",\"inputSchema\":%s},", i, long, (i % 100 ? "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"$ref\":\"#/properties/b\"}}}" : deep)
  printf "{\"name\":\"last\",\"inputSchema\":{\"type\":\"object\"}}]}}\n"
}'
read line
cat > /dev/null
]==]
local server = mcp.connect { command = "sh", args = { "-c", program }, name = "s", startup = 10 }
server:offer { allow = { "*" } }
register_tool("attack", function()
  server:call("last", {}, { timeout = 9 })
  local tools = server:tools()
  local good = true
  for _, t in ipairs(tools) do
    if #t.description > 1100 or t.description:find("%c") then good = false end
  end
  return "done " .. #tools .. " " .. tostring(good and server:status() ~= "starting")
end)
