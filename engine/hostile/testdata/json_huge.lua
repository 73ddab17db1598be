-- json.decode gets a text of 60 MB that consists of empty arrays.
--> error too much memory|ran for 200ms without a wait|longer than|bytes
register_tool("attack", function()
  local t = assert(json.decode("[" .. ("[],"):rep(2e7) .. "[]]"))
  error("decoded " .. #t .. " in spite of all bytes")
end)
