-- A script makes temporary files until it may not.
--> result 1,?000.* 1001
register_tool("attack", function()
  for i = 1, 2000 do
    local ok, path, reason = pcall(fs.temp)
    if not ok or not path then return (ok and reason or path) .. " " .. i end
  end
end)
