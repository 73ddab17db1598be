-- A script fills its data folder with large files, small files and folders.
--> result ^\["full","full","full","full"\]$
register_tool("attack", function()
  local why = {}
  local function fill(write)
    for i = 1, 1e6 do
      local ok, reason, code = write(i)
      if not ok then why[#why + 1] = code break end
    end
    fs.remove("x", { recursive = true })
  end
  fill(function(i) return fs.write("x/" .. i, ("x"):rep(60e6), { sync = false }) end)
  fill(function(i) return fs.append("x/a", ("x"):rep(60e6)) end)
  local f
  fill(function(i) f = f or fs.open("x/b", "w") return f:write(("x"):rep(60e6)) end)
  f:close()
  f = nil
  fill(function(i) f = f or fs.open("x/c", "w") f:seek("end", 1e8) return f:write("x") end)
  f:close()
  return why
end)
