-- A replacement that replaces.
--> error
register_tool("attack", function()
  local function again() return (("x"):gsub("x", again)) end
  return again()
end)
