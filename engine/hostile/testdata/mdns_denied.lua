-- Without a permission for the local network, nothing is found and nothing announced.
--> result ^denied$
register_tool("attack", function()
  for i = 1, 1000 do
    if pcall(mdns.browse, "_http._tcp", { timeout = 0.01 }) or pcall(mdns.register, { name = "a" .. i, service = "_http._tcp", port = i })
      or pcall(mdns.lookup, "printer.local", { timeout = 0.01 }) then error("allowed") end
  end
  return "denied"
end)
