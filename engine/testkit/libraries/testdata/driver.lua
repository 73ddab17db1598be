-- This program runs one test file of a library, under lua5.1 and under Moonlark. The runner puts a
-- table `case` before it. Each result is a line that begins with "##"; every other line is the
-- output of the library.

local moonlark = register_tool ~= nil
local builtin_print, builtin_assert = print, assert

-- emit prints text, which may have several lines. Moonlark shows control characters in a form of
-- its own, so they are replaced here.
local function emit(text)
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    builtin_print((line:gsub("[%z\1-\8\10-\31\127-\255]", "?")))
  end
end

function print(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  emit(table.concat(words, "\t"))
end

local output = {} -- text without a newline that io.write has written

-- The parts of Lua that a test program needs and a Moonlark script does not have.
if moonlark then
  arg = arg or { [0] = "main.lua" }
  debug.getmetatable = debug.getmetatable or function(v)
    local metatable = getmetatable(v)
    return type(metatable) == "table" and metatable or nil
  end
  debug.setmetatable = debug.setmetatable or setmetatable
  local function write(file, ...)
    for i = 1, select("#", ...) do output[#output + 1] = tostring((select(i, ...))) end
    local text = table.concat(output)
    local complete, rest = text:match("^(.*)\n([^\n]*)$")
    if complete then emit(complete) text = rest end
    output = { text }
    return file
  end
  local stdout = { write = write, flush = function() end, setvbuf = function() end, close = function() end }
  -- open opens a file in memory: one of case.files, or one that the tests have written.
  local function open(name, mode)
    name, mode = name:gsub("^%./", ""), mode or "r"
    local written = mode:find("[wa]") ~= nil
    if mode:find("w") or (mode:find("a") and not case.files[name]) then case.files[name] = "" end
    if not case.files[name] then return nil, name .. ": No such file or directory", 2 end
    local at = written and #case.files[name] + 1 or 1 -- position of the next byte
    local file = {}
    function file.write(_, ...)
      for i = 1, select("#", ...) do
        local s = tostring((select(i, ...)))
        case.files[name] = case.files[name]:sub(1, at - 1) .. s .. case.files[name]:sub(at + #s)
        at = at + #s
      end
      return file
    end
    local function read(_, what)
      local text = case.files[name]
      what = tostring(what or "*l"):gsub("^%*", "")
      if what:find("^a") then
        local s = text:sub(at)
        at = #text + 1
        return s
      end
      if at > #text then return nil end
      if tonumber(what) then
        local s = text:sub(at, at + tonumber(what) - 1)
        at = at + #s
        return s
      end
      local stop = text:find("\n", at, true) or #text + 1
      local s = text:sub(at, stop - 1)
      at = stop + 1
      return s
    end
    file.read = read
    file.close = function() return true end
    file.flush, file.setvbuf = file.close, file.close
    file.lines = function() return function() return read() end end
    file.seek = function(_, whence, offset)
      if whence == "set" then at = (offset or 0) + 1 end
      if whence == "end" then at = #case.files[name] + 1 + (offset or 0) end
      return at - 1
    end
    return file
  end
  io = {
    write = function(...) return write(stdout, ...) end,
    stdout = stdout, stderr = stdout, stdin = {}, open = open, flush = function() end,
    close = function() return true end, output = function() return stdout end,
    type = function(v) if v == stdout then return "file" end end,
    lines = function(name) return builtin_assert(open(name)):lines() end,
  }
  function os.setlocale() return "C" end
  function os.remove(name)
    if not case.files[name] then return nil, name .. ": No such file or directory", 2 end
    case.files[name] = nil
    return true
  end
  function os.rename(old, new)
    if not case.files[old] then return nil, old .. ": No such file or directory", 2 end
    case.files[old], case.files[new] = nil, case.files[old]
    return true
  end
  function loadfile(name)
    local file, reason = open(name)
    if not file then return nil, reason end
    return loadstring(file:read("*a"), "@" .. name)
  end
  function dofile(name) return builtin_assert(loadfile(name))() end
end

local function report(kind, ...)
  if #output > 0 and output[1] ~= "" then emit(table.concat(output)) output = {} end
  emit(("##" .. kind .. " " .. table.concat({ ... }, "\t")):gsub("\n", "?"))
end

-- os.exit ends the test file, and not the process.
local exit = {}
os.exit = function(code)
  exit.code = code
  error(exit, 0)
end

local function pause() if moonlark then sleep(0) end end

-- attempt calls fn(...) and returns whether it failed, and the message.
local function attempt(fn, ...)
  local arguments, count = { ... }, select("#", ...)
  local ok, e = xpcall(function() return fn(unpack(arguments, 1, count)) end, function(e)
    if e == exit or type(e) == "table" then return e end
    if (os.getenv("MOONLARK_TRACEBACK") or "") ~= "" then e = debug.traceback(tostring(e)) end
    return tostring(e)
  end)
  return ok, e
end

-- describe, it and the like, in the way of busted and telescope. A block is { name, fn, parent }.
local current -- the block that runs
local PENDING = {}

local function new_block(name, fn, parent)
  return { name = tostring(name), fn = fn, parent = parent, children = {}, before_each = {}, after_each = {},
    setup = {}, teardown = {}, finally = {} }
end

local function full_name(block)
  local names = {}
  while block and block.parent do table.insert(names, 1, block.name) block = block.parent end
  return table.concat(names, " ")
end

local function each(block, field, f)
  if block.parent then each(block.parent, field, f) end
  for _, fn in ipairs(block[field]) do f(fn) end
end

local function each_outwards(block, field, f)
  for _, fn in ipairs(block[field]) do f(fn) end
  if block.parent then each_outwards(block.parent, field, f) end
end

local function run_test(test)
  local name = full_name(test)
  pause()
  if not test.fn then report("skip", name) return end
  current = test
  local function all()
    each(test.parent, "before_each", function(fn) fn() end)
    test.fn()
  end
  local ok, e = attempt(all)
  for _, fn in ipairs(test.finally) do
    local fine, reason = attempt(fn)
    if ok and not fine then ok, e = fine, reason end
  end
  each_outwards(test.parent, "after_each", function(fn)
    local fine, reason = attempt(fn)
    if ok and not fine then ok, e = fine, reason end
  end)
  if ok then report("ok", name)
  elseif e == PENDING then report("skip", name)
  else
    if type(e) == "table" then e = e.message or e end
    report("fail", name, tostring(e))
  end
end

local function run_block(block)
  local outer = current
  current = block
  local ok, e = attempt(block.fn, case.module, case.module)
  if not ok and e ~= PENDING and not (e == exit and (exit.code == nil or exit.code == true or exit.code == 0)) then
    if type(e) == "table" then e = e.message or (e == exit and "exit status " .. tostring(exit.code)) or e end
    report("fail", full_name(block) .. " (block)", tostring(e))
  end
  local fine, reason = attempt(function() for _, fn in ipairs(block.setup) do fn() end end)
  if not fine then report("fail", full_name(block) .. " (setup)", tostring(reason)) end
  for _, child in ipairs(block.children) do
    if child.test then run_test(child) else run_block(child) end
  end
  current = block
  attempt(function() for _, fn in ipairs(block.teardown) do fn() end end)
  current = outer
  return ok
end

local function define_specs()
  function describe(name, fn)
    local block = new_block(name, fn or function() end, current)
    table.insert(current.children, block)
  end
  context, insulate, expose = describe, describe, describe
  function it(name, fn)
    local test = new_block(name, fn, current)
    test.test = true
    table.insert(current.children, test)
  end
  test, spec = it, it
  function pending(name, fn)
    if current.test then error(PENDING, 0) end
    local test = new_block(name, nil, current)
    test.test = true
    table.insert(current.children, test)
  end
  local function adder(field)
    return function(fn) table.insert(current[field], fn) end
  end
  before_each, after_each = adder("before_each"), adder("after_each")
  setup, teardown, finally = adder("setup"), adder("teardown"), adder("finally")
  lazy_setup, lazy_teardown, strict_setup, strict_teardown = setup, teardown, setup, teardown
  randomize = function() end
  if case.style == "telescope" then -- `before` and `after` surround each test
    before, after = before_each, after_each
  else
    before, after_all = setup, teardown
    if not moonlark then after = teardown end
  end
end

local function define_telescope_assertions()
  local function deep_equal(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b end
    for k, v in pairs(a) do if not deep_equal(v, b[k]) then return false end end
    for k in pairs(b) do if a[k] == nil then return false end end
    return true
  end
  local checks = {
    blank = function(a) return a == "" or a == nil end,
    empty = function(a) return type(a) == "table" and next(a) == nil or a == "" end,
    equal = function(a, b) return a == b end,
    error = function(fn) return not pcall(fn) end,
    ["false"] = function(a) return a == false end,
    ["true"] = function(a) return a == true end,
    ["nil"] = function(a) return a == nil end,
    greater_than = function(a, b) return a > b end,
    less_than = function(a, b) return a < b end,
    match = function(a, b) return tostring(b):match(a) ~= nil end,
    type = function(a, b) return type(a) == b end,
    tables_equal = deep_equal,
    same = deep_equal,
    values = deep_equal,
  }
  for name, check in pairs(checks) do
    local function must(expected, label)
      return function(...)
        if (not check(...)) == expected then
          local a, b = ...
          error(label .. ": " .. tostring(a) .. ", " .. tostring(b), 2)
        end
      end
    end
    _G["assert_" .. name] = must(true, "assert_" .. name)
    _G["assert_not_" .. name] = must(false, "assert_not_" .. name)
  end
  function assert_gte(a, b) builtin_assert(a >= b) end
  function assert_lte(a, b) builtin_assert(a <= b) end
end

local function run()
  local root = new_block("", function(...)
    if case.prelude then builtin_assert(loadstring(case.prelude, "=prelude"))() end
    return require(case.module)
  end)
  if case.style == "script" then
    local passed = 0
    assert = function(v, ...)
      if v then passed = passed + 1 return v, ... end
      return builtin_assert(v, ...)
    end
    local ended = run_block(root) or exit.code ~= nil
    report("asserts", passed)
    if ended then report("complete") end
  else
    define_specs()
    if case.style == "telescope" then
      define_telescope_assertions()
    elseif not case.bare then
      -- luassert reads package.config when it loads
      local real = package
      if not package then package = { config = "/\n;\n?\n!\n-\n" } end
      assert = require "luassert"
      spy, stub, mock, match = require "luassert.spy", require "luassert.stub", require "luassert.mock",
        require "luassert.match"
      package = real
    end
    run_block(root)
  end
  report("end")
end

if moonlark then
  register_tool { name = "run", timeout = 120, handler = run }
else
  run()
end
