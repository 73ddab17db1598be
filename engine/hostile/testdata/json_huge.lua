-- A text of sixty megabytes, of nothing but empty tables.
--> error too much memory|ran for 200ms without a wait|longer than|bytes
register_tool("attack", function()
  local t = assert(json.decode("[" .. ("[],"):rep(2e7) .. "[]]"))
  error("decoded " .. #t .. " in spite of all bytes")
end)
