-- Arguments of a megabyte, too many arguments, and arguments that are no text.
--> flags --allow-run=true
--> result ^16$
register_tool("attack", function()
  local n = 0
  local function refused(argv, options)
    n = n + 1
    local ok, r, reason, code = pcall(exec.run, argv, options)
    if ok and r then error(n .. " was accepted") end
  end
  refused { "true", ("x"):rep(1e6) }
  local many = { "true" }
  for i = 1, 1e5 do many[#many + 1] = ("x"):rep(100) end
  refused(many)
  refused { "true", "a\0b" }
  refused { "true", {} }
  refused { ("x"):rep(1e6) }
  refused { "../../../bin/true" }
  refused { "/bin/true\0x" }
  refused { "" }
  refused {}
  refused { "cat", "/etc/passwd" }
  refused({ "true" }, { env = { ["A=B"] = "x" } })
  refused({ "true" }, { env = { LD_PRELOAD = "/tmp/x.so" } })
  refused({ "true" }, { env = { A = "x\0y" } })
  refused({ "true" }, { cwd = "/" })
  refused({ "true" }, { timeout = 1e9 })
  refused({ "true" }, { max_output = 1e12 })
  return n
end)
